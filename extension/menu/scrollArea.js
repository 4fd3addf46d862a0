// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the menu that scrolls where the screen is too small for all of it.
//
// Only this part scrolls: a submenu in it is as tall as it is, not a scrolling box in a scrolling box.

import St from 'gi://St';

import {ensureActorVisibleInScrollView} from 'resource:///org/gnome/shell/misc/animationUtils.js';
import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {FocusKeeper} from './focusKeeper.js';

export class ScrollArea extends PopupMenu.PopupMenuSection {
    constructor() {
        super();
        this._view = new St.ScrollView({
            style_class: 'octally-scroll',
            hscrollbar_policy: St.PolicyType.NEVER,
            vscrollbar_policy: St.PolicyType.AUTOMATIC,
            overlay_scrollbars: true,
            child: this.box,
        });
        this._view._delegate = this;
        this.actor = /** @type {any} */ (this._view);
        this._keeper = new FocusKeeper(this.box);
    }

    addMenuItem(item, position) {
        super.addMenuItem(item, position);
        if (item.menu)
            this.adopt(item);
    }

    /** @param {PopupMenu.PopupSubMenuMenuItem} row - somewhere in this area */
    adopt(row) {
        row.menu._needsScrollbar = () => false;
        row.menu.connect('open-state-changed', (_menu, open) => this._unfolded(row, open));
    }

    // What is unfolded grows while it slides open, and again when its figures come. The area learns of its
    // new height before or after the submenu is moved, so both are listened to.
    _unfolded(row, open) {
        const {vadjustment} = this._view;
        if (open) {
            const reveal = () => this._reveal(row, row.menu.actor);
            row.menu.actor.connectObject('notify::allocation', reveal, row);
            vadjustment.connectObject('changed', reveal, row);
        } else {
            row.menu.actor.disconnectObject(row);
            vadjustment.disconnectObject(row);
        }
    }

    /** @param {PopupMenu.PopupMenuSection} section - of this area, to be in view as long as the menu stays open */
    keepInView(section) {
        const reveal = () => this._reveal(section.actor, section.actor);
        // In GNOME Shell 51 the menu that has just been opened has no height yet.
        this._view.vadjustment.connectObject('changed', reveal, this);
        reveal();
    }

    // As much of it as there is room for, and always the first of it.
    _reveal(first, last) {
        const {vadjustment} = this._view;
        const [value, , , , , page] = vadjustment.get_values();
        const fade = /** @type {St.ScrollViewFade} */ (this._view.get_effect('fade'));
        const margin = fade?.fade_margins.top ?? 0;
        const top = topIn(first, this.box) - margin;
        const bottom = topIn(last, this.box) + last.height + margin;
        if (bottom > value + page)
            vadjustment.value = Math.min(top, bottom - page);
        else if (top < value)
            vadjustment.value = top;
    }

    /** Brings what the keyboard reaches into view, as long as the menu is open. */
    followFocus() {
        global.stage.connectObject('notify::key-focus', () => this._showFocus(), this);
        this._keeper.follow();
    }

    stopFollowing() {
        global.stage.disconnectObject(this);
        this._view.vadjustment.disconnectObject(this);
        this._keeper.rest();
    }

    _showFocus() {
        const focus = global.stage.get_key_focus();
        if (focus && focus !== this._view && this._view.contains(focus))
            ensureActorVisibleInScrollView(this._view, focus);
    }

    scrollToTop() {
        this._view.vadjustment.value = 0;
    }
}

function topIn(actor, ancestor) {
    let top = 0;
    for (let at = actor; at !== ancestor; at = at.get_parent())
        top += at.get_allocation_box().y1;
    return top;
}
