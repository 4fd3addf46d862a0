// SPDX-License-Identifier: GPL-3.0-or-later
// What would make the first opening of the menu slow, done once before it: the rows are made, every actor learns
// its style and every text its size. In idle moments and in small steps, so that no frame is late for it.

import GLib from 'gi://GLib';
import St from 'gi://St';

export class Rehearsal {
    /** @param {Iterator} steps - what there is to do, a bit of it with each step */
    constructor(steps) {
        this._steps = steps;
        this._idleId = GLib.idle_add(GLib.PRIORITY_LOW, () => this._step());
    }

    _step() {
        if (!this._steps.next().done)
            return GLib.SOURCE_CONTINUE;
        this._idleId = 0;
        return GLib.SOURCE_REMOVE;
    }

    /** Ends it where it is: the menu opens, or is destroyed. */
    end() {
        if (this._idleId)
            GLib.source_remove(this._idleId);
        this._idleId = 0;
    }
}

/**
 * @param {St.Widget[]} boxes - whose children are to learn their style and their size
 * @yields {void} after each child
 */
export function *measure(boxes) {
    for (const child of boxes.flatMap(box => box.get_children())) {
        ensureStyles(child);
        child.get_preferred_width(-1);
        child.get_preferred_height(-1);
        yield;
    }
}

function ensureStyles(actor) {
    if (actor instanceof St.Widget)
        actor.ensure_style();
    for (const child of actor.get_children())
        ensureStyles(child);
}
