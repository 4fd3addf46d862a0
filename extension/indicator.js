// SPDX-License-Identifier: GPL-3.0-or-later
// The button in the top bar: an icon for the state and the live figure. glance.js decides what it says;
// here it is drawn, and only what differs from what is on the screen already.

import Clutter from 'gi://Clutter';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import St from 'gi://St';

import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as PanelMenu from 'resource:///org/gnome/shell/ui/panelMenu.js';

import {glance} from './glance.js';
import {UsageMenu} from './menu/usageMenu.js';

const MOODS = ['busy', 'waiting', 'idle', 'problem', 'starting'];

export class Indicator extends PanelMenu.Button {
    static {
        GObject.registerClass(this);
    }

    constructor({extension, client, settings, words}) {
        super(0.5, extension.metadata.name);
        this._client = client;
        this._settings = settings;
        this._words = words;
        this._mood = null;
        this.icons = loadIcons(extension.dir);

        this._icon = new St.Icon({style_class: 'system-status-icon'});
        this._label = new St.Label({style_class: 'octally-figure', y_align: Clutter.ActorAlign.CENTER});
        this._box = new St.BoxLayout({style_class: 'panel-status-menu-box octally-panel'});
        this._box.add_child(this._icon);
        this._box.add_child(this._label);
        this.add_child(this._box);

        this._usageMenu = new UsageMenu({menu: this.menu, client, settings, words, openPreferences: () => extension.openPreferences()});
        client.connectObject('changed', () => this._update(), this);
        settings.connectObject('changed::panel-shows', () => this._update(), this);
        this._update();
    }

    _update() {
        const {text, mood, accessibleName} = glance({
            status: this._client.status,
            run: this._client.run,
            state: this._client.state,
            shows: this._settings.get_string('panel-shows'),
        }, this._words);
        if (this._label.text !== text)
            this._label.text = text;
        this._label.visible = text !== '';
        if (this.accessible_name !== accessibleName)
            this.accessible_name = accessibleName;
        if (this._mood !== mood)
            this._setMood(mood);
    }

    _setMood(mood) {
        this._box.remove_style_class_name(`octally-${this._mood}`);
        this._box.add_style_class_name(`octally-${mood}`);
        this._icon.gicon = this.icons[mood];
        this._mood = mood;
    }

    destroy() {
        this._settings.disconnectObject(this);
        this._settings = null;
        this._client.disconnectObject(this);
        this._client = null;
        this._usageMenu.destroy();
        this._usageMenu = null;
        // The panel ties itself to the menu with connectObject(). The menu is no GObject, so nothing ever
        // cuts that tie, and the panel would keep menu and button alive after every disable.
        this.menu.disconnectObject(Main.panel);
        super.destroy();
    }
}

function loadIcons(dir) {
    return Object.fromEntries(MOODS.map(mood => [
        mood, Gio.FileIcon.new(dir.get_child('icons').get_child(`octally-${mood}-symbolic.svg`)),
    ]));
}
