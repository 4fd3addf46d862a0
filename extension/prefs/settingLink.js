// SPDX-License-Identifier: GPL-3.0-or-later
// Ties one thing that the user can change to one value of the service's Settings: what is changed here goes
// to the service, what changes there (config.toml by hand, the command line) is drawn here.

import {tell} from './toast.js';

export class SettingLink {
    /**
     * @param {object} context - service and window
     * @param {string} key - of the settings
     * @param {Function} draw - shows a value; what it sets off on the way is not sent back
     */
    constructor({service, window}, key, draw) {
        this._service = service;
        this._window = window;
        this._key = key;
        this._draw = draw;
        this._drawing = false;
        this._sending = false;
        service.connect('changed', () => this.refresh());
        this.refresh();
    }

    /** Shows what the service says, unless it is just being told something else. */
    refresh() {
        const value = this._service.settings?.[this._key] ?? null;
        if (value === null || this._sending)
            return;
        this._drawing = true;
        this._draw(value);
        this._drawing = false;
    }

    /** @param {any} value - that the user wants; the last of several within one call wins */
    push(value) {
        if (this._drawing)
            return;
        this._wanted = value;
        if (!this._sending)
            this._send();
    }

    async _send() {
        const value = this._wanted;
        this._sending = true;
        const done = await tell(this._window, this._service.setAlerts({[this._key]: value}));
        this._sending = false;
        if (this._wanted !== value)
            this._send();
        else if (!done)
            this.refresh();
    }
}
