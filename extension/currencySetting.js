// SPDX-License-Identifier: GPL-3.0-or-later
// Follows the user's choice of a currency, so that every figure is shown in it.

/** @import Gio from 'gi://Gio' */

import {useCurrency} from './currency.js';

export class CurrencySetting {
    /**
     * @param {Gio.Settings} settings - the extension's
     * @param {Function} onChanged - called when figures have to be drawn anew
     */
    constructor(settings, onChanged) {
        this._settings = settings;
        this._onChanged = onChanged;
        settings.connectObject(
            'changed::currency', () => this._changed(),
            'changed::currency-rate', () => this._changed(), this);
        this._use();
    }

    _changed() {
        this._use();
        this._onChanged();
    }

    _use() {
        useCurrency(this._settings.get_string('currency'), this._settings.get_double('currency-rate'));
    }

    destroy() {
        this._settings.disconnectObject(this);
        this._settings = null;
        this._onChanged = null;
    }
}
