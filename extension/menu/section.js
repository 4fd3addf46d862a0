// SPDX-License-Identifier: GPL-3.0-or-later
// The base of the menu's sections: one that can be taken apart.

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

export class Section extends PopupMenu.PopupMenuSection {
    // The shell ties a menu and a section in it to each other with connectObject(). Neither is a GObject that
    // could be seen to go, so these ties would keep both alive after every disable.
    destroy() {
        this.disconnectObject(this._parent);
        this._parent.disconnectObject(this);
        super.destroy();
    }
}
