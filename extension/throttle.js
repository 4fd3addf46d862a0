// SPDX-License-Identifier: GPL-3.0-or-later
// A few calls at once, and then no more often than every so many milliseconds: a flood of changes is drawn a
// few times a second, and the handful that a finished turn makes without delay.

import GLib from 'gi://GLib';

// A turn's end is told on three interfaces within some milliseconds: the usage, the session, its notice.
const AT_ONCE = 8;

export class Throttle {
    /**
     * @param {number} pauseMs - between two calls, once those at once are used up; each pause gives one back
     * @param {Function} action - what is called
     */
    constructor(pauseMs, action) {
        this._pauseMs = pauseMs;
        this._action = action;
        this._pauseId = 0;
        this._left = AT_ONCE;
        this._again = false;
    }

    /** Calls now, or when the pause is over. */
    trigger() {
        this._again = this._left === 0;
        if (this._again)
            return;
        this._left--;
        if (!this._pauseId)
            this._pauseId = GLib.timeout_add(GLib.PRIORITY_DEFAULT, this._pauseMs, () => this._pauseOver());
        this._action();
    }

    _pauseOver() {
        this._left++;
        if (this._again)
            this.trigger();
        if (this._left < AT_ONCE)
            return GLib.SOURCE_CONTINUE;
        this._pauseId = 0;
        return GLib.SOURCE_REMOVE;
    }

    destroy() {
        if (this._pauseId)
            GLib.source_remove(this._pauseId);
        this._pauseId = 0;
        this._action = null;
    }
}
