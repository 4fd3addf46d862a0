// SPDX-License-Identifier: GPL-3.0-or-later
// At once, and then no more often than every so many milliseconds: a flood of changes is drawn a few times
// a second, a single one without delay.

import GLib from 'gi://GLib';

export class Throttle {
    /**
     * @param {number} pauseMs - between two calls
     * @param {Function} action - what is called
     */
    constructor(pauseMs, action) {
        this._pauseMs = pauseMs;
        this._action = action;
        this._pauseId = 0;
        this._again = false;
    }

    /** Calls now, or when the pause is over. */
    trigger() {
        this._again = this._pauseId !== 0;
        if (this._again)
            return;
        this._pauseId = GLib.timeout_add(GLib.PRIORITY_DEFAULT, this._pauseMs, () => this._pauseOver());
        this._action();
    }

    _pauseOver() {
        this._pauseId = 0;
        if (this._again)
            this.trigger();
        return GLib.SOURCE_REMOVE;
    }

    destroy() {
        if (this._pauseId)
            GLib.source_remove(this._pauseId);
        this._pauseId = 0;
        this._action = null;
    }
}
