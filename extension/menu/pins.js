// SPDX-License-Identifier: GPL-3.0-or-later
// What every pin of the menu needs, handed to the rows as one thing.

import {PinButton} from './pinButton.js';

export class Pins {
    constructor(settings, icons, words) {
        this._parts = {settings, icons, words};
    }

    /**
     * @param {string[]} items - of panelItems.js
     * @param {string} name - of the row
     * @returns {PinButton} a pin for the row; the row's key handler has to ask its movesFocus()
     */
    makePin(items, name) {
        return new PinButton({items, name, ...this._parts});
    }
}
