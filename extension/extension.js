// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the parts together when the extension is enabled and takes them apart when it is disabled.

import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import {Extension} from 'resource:///org/gnome/shell/extensions/extension.js';

import {Client} from './client.js';
import {CurrencySetting} from './currencySetting.js';
import {Indicator} from './indicator.js';
import {Notifier} from './notifier.js';
import {Words} from './words.js';

export default class OctallyExtension extends Extension {
    enable() {
        const words = new Words({
            gettext: text => this.gettext(text),
            ngettext: (one, many, count) => this.ngettext(one, many, count),
        });
        this._settings = this.getSettings();
        this._client = new Client();
        this._currency = new CurrencySetting(this._settings, () => this._client.emit('changed'));
        this._indicator = new Indicator({extension: this, client: this._client, settings: this._settings, words});
        this._notifier = new Notifier({
            client: this._client,
            words,
            icon: this._indicator.icons.idle,
            showDetails: sessionId => this._indicator.showDetails(sessionId),
        });
        Main.panel.addToStatusArea(this.uuid, this._indicator);
        this._client.connectToService();
    }

    disable() {
        this._notifier.destroy();
        this._notifier = null;
        this._indicator.destroy();
        this._indicator = null;
        this._currency.destroy();
        this._currency = null;
        this._client.destroy();
        this._client = null;
        this._settings = null;
    }
}
