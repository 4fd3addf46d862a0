// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the parts together when the extension is enabled and takes them apart when it is disabled.

import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import {Extension} from 'resource:///org/gnome/shell/extensions/extension.js';

import {Client} from './client.js';
import {CurrencySetting} from './currencySetting.js';
import {loadIcons} from './icons.js';
import {Indicator} from './indicator.js';
import {Notifier} from './notifier.js';
import {Words} from './words.js';

// Where in a part of the top bar, as addToStatusArea() counts: after the buttons of the shell on the left
// and in the middle, before them on the right.
const PLACES = {left: -1, center: -1, right: 0};

export default class OctallyExtension extends Extension {
    enable() {
        this._words = new Words({
            gettext: text => this.gettext(text),
            ngettext: (one, many, count) => this.ngettext(one, many, count),
        });
        this._settings = this.getSettings();
        this._client = new Client();
        this._currency = new CurrencySetting(this._settings, () => this._client.emit('changed'));
        this._icons = loadIcons(this.dir);
        this._addIndicator();
        this._settings.connectObject('changed::panel-position', () => this._moveIndicator(), this);
        this._notifier = new Notifier({
            client: this._client,
            words: this._words,
            icon: this._icons.idle,
            showDetails: sessionId => this._indicator.showDetails(sessionId),
        });
        this._client.connectToService();
    }

    disable() {
        this._notifier.destroy();
        this._notifier = null;
        this._settings.disconnectObject(this);
        this._indicator.destroy();
        this._indicator = null;
        this._icons = null;
        this._currency.destroy();
        this._currency = null;
        this._client.destroy();
        this._client = null;
        this._settings = null;
        this._words = null;
    }

    _addIndicator() {
        this._indicator = new Indicator({
            extension: this, client: this._client, settings: this._settings, words: this._words, icons: this._icons,
        });
        const box = this._settings.get_string('panel-position');
        Main.panel.addToStatusArea(this.uuid, this._indicator, PLACES[box], box);
    }

    /** Anew, because the shell has no way to move one. */
    _moveIndicator() {
        this._indicator.destroy();
        this._addIndicator();
    }
}
