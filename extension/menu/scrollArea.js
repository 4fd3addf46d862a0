// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the menu that scrolls where the screen is too small for all of it.
//
// Only this part scrolls: a submenu in it is as tall as it is, not a scrolling box in a scrolling box.

import St from 'gi://St';

import {ensureActorVisibleInScrollView} from 'resource:///org/gnome/shell/misc/animationUtils.js';
import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

export class ScrollArea extends PopupMenu.PopupMenuSection {
    constructor() {
        super();
        this.actor = new St.ScrollView({
            style_class: 'octally-scroll',
            hscrollbar_policy: St.PolicyType.NEVER,
            vscrollbar_policy: St.PolicyType.AUTOMATIC,
            overlay_scrollbars: true,
            child: this.box,
        });
        this.actor._delegate = this;
    }

    addMenuItem(item, position) {
        super.addMenuItem(item, position);
        if (item.menu)
            growWithContent(item.menu);
    }

    /** Brings what the keyboard reaches into view, as long as the menu is open. */
    followFocus() {
        global.stage.connectObject('notify::key-focus', () => this._showFocus(), this);
    }

    stopFollowing() {
        global.stage.disconnectObject(this);
    }

    _showFocus() {
        const focus = global.stage.get_key_focus();
        if (focus && focus !== this.actor && this.actor.contains(focus))
            ensureActorVisibleInScrollView(this.actor, focus);
    }

    scrollToTop() {
        this.actor.vadjustment.value = 0;
    }
}

/** @param {PopupMenu.PopupSubMenu} submenu - inside a scroll area */
export function growWithContent(submenu) {
    submenu._needsScrollbar = () => false;
}
