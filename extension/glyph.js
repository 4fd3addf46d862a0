// SPDX-License-Identifier: GPL-3.0-or-later
// The icon in the top bar. While sessions are busy its bars move: four pictures, one a second, so that the
// shell draws one small frame a second and no more.
//
// The motion rests while the icon is not on the screen, and where the user wants none.

import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import St from 'gi://St';

const FRAME_S = 1;

// New in 51. Before, "enable animations" is the only setting for it.
const REDUCE_MOTION = St.ReducedMotion?.REDUCE ?? null;

export class Glyph extends St.Icon {
    static {
        GObject.registerClass(this);
    }

    constructor(icons) {
        super({style_class: 'system-status-icon'});
        this._icons = icons;
        this._mood = null;
        this._frame = 0;
        this._timerId = 0;
        this._desktop = St.Settings.get();
        this._desktop.connectObject(
            'notify::enable-animations', () => this._syncMotion(),
            'notify::reduced-motion', () => this._syncMotion(), this);
        this._mappedId = this.connect('notify::mapped', () => this._syncMotion());
    }

    /** @param {string} mood - busy, waiting, idle, stale, missing, problem or starting */
    showMood(mood) {
        if (this._mood === mood)
            return;
        this._mood = mood;
        this.gicon = this._icons[mood];
        this._syncMotion();
    }

    get _moves() {
        const {enable_animations: animations, reduced_motion: reduced} = this._desktop;
        return this._mood === 'busy' && this.mapped && animations && reduced !== REDUCE_MOTION;
    }

    _syncMotion() {
        if (this._moves === (this._timerId !== 0))
            return;
        if (this._timerId)
            this._stop();
        else
            this._timerId = GLib.timeout_add_seconds(GLib.PRIORITY_LOW, FRAME_S, () => this._nextFrame());
    }

    _nextFrame() {
        const {busyFrames} = this._icons;
        this._frame = (this._frame + 1) % busyFrames.length;
        this.gicon = busyFrames[this._frame];
        return GLib.SOURCE_CONTINUE;
    }

    _stop() {
        if (this._timerId)
            GLib.source_remove(this._timerId);
        this._timerId = 0;
        this._frame = 0;
        this.gicon = this._icons[this._mood];
    }

    destroy() {
        this._stop();
        this.disconnect(this._mappedId);
        this._desktop.disconnectObject(this);
        this._desktop = null;
        this._icons = null;
        super.destroy();
    }
}
