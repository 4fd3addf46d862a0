// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the keyboard's place when the row that has the focus goes: it was only "Reading…", or its figures have
// changed. Without a focus the next key would leave the menu.

import Meta from 'gi://Meta';
import St from 'gi://St';

export class FocusKeeper {
    /** @param {St.Widget} box - with rows that come and go */
    constructor(box) {
        this._box = box;
        // Where the focus is: the index of each child on the way down to it.
        this._path = [];
        this._laterId = 0;
    }

    /** Watches until rest(): while the menu is open. */
    follow() {
        global.stage.connectObject('notify::key-focus', () => this._focusMoved(), this);
    }

    rest() {
        global.stage.disconnectObject(this);
        this._cancel();
        this._path = [];
    }

    _focusMoved() {
        const focus = global.stage.get_key_focus();
        this._cancel();
        if (focus)
            this._path = this._box.contains(focus) ? pathTo(focus, this._box) : [];
        else if (this._path.length > 0)
            // What takes the row's place comes after the row has gone.
            this._laterId = laters().add(Meta.LaterType.BEFORE_REDRAW, () => this._restore());
    }

    _restore() {
        this._laterId = 0;
        /** @type {any} */
        let at = this._box;
        for (let above = at; above; above = above.get_parent())
            forgetActive(above);
        for (const index of this._path) {
            at = at.get_child_at_index(Math.min(index, at.get_n_children() - 1)) ?? at;
            forgetActive(at);
        }
        while (at !== this._box && !(at.can_focus && at.mapped))
            at = at.get_previous_sibling() ?? at.get_parent();
        if (at === this._box)
            at.navigate_focus(null, St.DirectionType.TAB_FORWARD, false);
        else
            at.grab_key_focus();
        return false;
    }

    _cancel() {
        if (this._laterId)
            laters().remove(this._laterId);
        this._laterId = 0;
    }
}

// Of a destroyed item only its own menu hears; those around it would still turn to it when the next one is reached.
function forgetActive({_delegate: menu}) {
    if (menu?._activeMenuItem)
        menu._activeMenuItem = null;
}

function laters() {
    return global.compositor.get_laters();
}

function pathTo(actor, ancestor) {
    const path = [];
    for (let at = actor; at !== ancestor; at = at.get_parent())
        path.unshift(at.get_parent().get_children().indexOf(at));
    return path;
}
