// SPDX-License-Identifier: GPL-3.0-or-later
// The button in the top bar. glance.js decides what it says, readout.js draws it.

/** @import {PopupMenu} from 'resource:///org/gnome/shell/ui/popupMenu.js' */

import GObject from 'gi://GObject';

import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as PanelMenu from 'resource:///org/gnome/shell/ui/panelMenu.js';

import {glance} from './glance.js';
import {UsageMenu} from './menu/usageMenu.js';
import {Readout} from './readout.js';
import {Throttle} from './throttle.js';

// A flood of changes is drawn ten times a second.
const PAUSE_MS = 100;

const KEYS = ['panel-items', 'panel-style', 'panel-alert-usd-per-day', 'panel-hide-when-unused'];

export class Indicator extends PanelMenu.Button {
    static {
        GObject.registerClass(this);
    }

    constructor({extension, client, settings, words, icons}) {
        super(0.5, extension.metadata.name);
        this._client = client;
        this._settings = settings;
        this._words = words;
        this._readout = new Readout(icons);
        this.add_child(this._readout);
        this._usageMenu = new UsageMenu({
            menu: this._popup, client, settings, words, icons,
            openPreferences: () => extension.openPreferences(),
            // The shell sets it whenever the menu opens or closes.
            limitHeight: () => this._onOpenStateChanged(this._popup, false),
        });

        this._throttle = new Throttle(PAUSE_MS, () => this._update());
        client.connectObject('changed', () => this._throttle.trigger(), this);
        settings.connectObject(...KEYS.flatMap(key => [`changed::${key}`, () => this._update()]), this);
        this._openStateId = this.menu.connect('open-state-changed', () => this._update());
        this._update();
    }

    _update() {
        const look = glance({client: this._client, panel: this._panelSettings()}, this._words);
        this._readout.showLook(look);
        if (this.accessible_name !== look.accessibleName)
            this.accessible_name = look.accessibleName;
        // To hide would take an open menu along: it waits until the menu is closed.
        if (look.visible || !this._popup.isOpen)
            this.visible = look.visible;
    }

    /** The menu, which the shell's types allow not to be one. */
    get _popup() {
        return /** @type {PopupMenu} */ (this.menu);
    }

    /** Opens the menu at a session; without one, at the budgets. */
    showDetails(sessionId) {
        // It can be hidden while nothing runs.
        this.visible = true;
        this.menu.open();
        this._usageMenu.showDetails(sessionId);
    }

    _panelSettings() {
        return {
            items: this._settings.get_strv('panel-items'),
            style: this._settings.get_string('panel-style'),
            alertUsdPerDay: this._settings.get_double('panel-alert-usd-per-day'),
            hideWhenUnused: this._settings.get_boolean('panel-hide-when-unused'),
        };
    }

    destroy() {
        this._throttle.destroy();
        this._throttle = null;
        this._settings.disconnectObject(this);
        this._settings = null;
        this._client.disconnectObject(this);
        this._client = null;
        this.menu.disconnect(this._openStateId);
        this._usageMenu.destroy();
        this._usageMenu = null;
        this._readout.destroy();
        this._readout = null;
        // The panel ties itself to the menu with connectObject(). The menu is no GObject, so nothing ever
        // cuts that tie, and the panel would keep menu and button alive after every disable.
        this.menu.disconnectObject(Main.panel);
        super.destroy();
    }
}
