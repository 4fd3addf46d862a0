// SPDX-License-Identifier: GPL-3.0-or-later
// "Open Dashboard": not to be chosen as long as there is none, and it says so.

import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

export class DashboardItem extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor({gettext: _}) {
        // It can be reached with the keyboard, so that a screen reader reads out the reason.
        super({reactive: false});
        const [name, reason] = [_('Open Dashboard'), _('There is none in this version')];
        this.add_style_pseudo_class('insensitive');
        this.add_child(new St.Label({text: name, y_align: Clutter.ActorAlign.CENTER}));
        this.add_child(new St.Label({
            text: reason,
            style_class: 'octally-remark',
            x_expand: true,
            x_align: Clutter.ActorAlign.END,
            y_align: Clutter.ActorAlign.CENTER,
        }));
        this.accessible_name = `${name}: ${reason}`;
    }
}
