// SPDX-License-Identifier: GPL-3.0-or-later
// Lets a menu that is off the screen look as if it had the focus.
//
// It gets the focus when it opens. That is a change of its style, and so of the style of everything in it, which
// would be learnt twice: when the menu comes, and again with the focus.

/** @import St from 'gi://St' */

import GObject from 'gi://GObject';

export class FocusLook {
    /** @param {St.Widget} actor - of the menu */
    constructor(actor) {
        this._actor = actor;
        // The widget itself takes the look away when the focus goes.
        actor.connectObject(
            'key-focus-out', () => this._keep(), GObject.ConnectFlags.AFTER,
            'notify::mapped', () => this._keep(), this);
        this._keep();
    }

    _keep() {
        if (!this._actor.mapped)
            this._actor.add_style_pseudo_class('focus');
    }

    destroy() {
        this._actor.disconnectObject(this);
        this._actor = null;
    }
}
