// SPDX-License-Identifier: GPL-3.0-or-later
// What would make the first opening of the menu slow, done once before it: the rows are made, and every actor
// learns its style. In idle moments and in small steps, so that no frame is late for it.

import GLib from 'gi://GLib';
import St from 'gi://St';

export class Rehearsal {
    /**
     * @param {Function} draw - fills the rows
     * @param {St.Widget} box - with the rows
     */
    constructor(draw, box) {
        this._draw = draw;
        this._box = box;
        this._styled = 0;
        this._idleId = GLib.idle_add(GLib.PRIORITY_LOW, () => this._step());
    }

    _step() {
        this._draw?.();
        this._draw = null;
        const child = this._box.get_child_at_index(this._styled++);
        if (child) {
            ensureStyles(child);
            return GLib.SOURCE_CONTINUE;
        }
        this._idleId = 0;
        return GLib.SOURCE_REMOVE;
    }

    /** Ends it where it is: the menu opens, or is destroyed. */
    end() {
        if (this._idleId)
            GLib.source_remove(this._idleId);
        this._idleId = 0;
        this._draw = null;
    }
}

function ensureStyles(actor) {
    if (actor instanceof St.Widget)
        actor.ensure_style();
    for (const child of actor.get_children())
        ensureStyles(child);
}
