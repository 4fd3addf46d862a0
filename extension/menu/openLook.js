// SPDX-License-Identifier: GPL-3.0-or-later
// Lets a menu look, while it is closed, as it does when it is open: with the focus, and above its siblings.
//
// Both come to it after it is on the screen. That is a change of its style, and so of the style of everything in it,
// which would be learnt three times: when the menu comes, with the focus, and with its place.

/** @import St from 'gi://St' */

const CLASSES = ['focus', 'last-child'];

export class OpenLook {
    /** @param {St.Widget} actor - of the menu */
    constructor(actor) {
        this._actor = actor;
        // The shell takes them away when it closes the menu.
        actor.connectObject('notify::pseudo-class', () => this._keep(), 'notify::mapped', () => this._keep(), this);
        this._keep();
    }

    _keep() {
        if (this._actor.mapped)
            return;
        for (const name of CLASSES)
            this._actor.add_style_pseudo_class(name);
    }

    destroy() {
        this._actor.disconnectObject(this);
        this._actor = null;
    }
}
