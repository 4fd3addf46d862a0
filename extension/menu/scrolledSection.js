// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the menu that scrolls where the screen is too small for all of it.

import St from 'gi://St';

import {ensureActorVisibleInScrollView} from 'resource:///org/gnome/shell/misc/animationUtils.js';

import {Section} from './section.js';

export class ScrolledSection extends Section {
    constructor() {
        super();
        // As the shell does it for submenus: the box of the items goes into a view, which is what the menu gets.
        this.actor = new St.ScrollView({
            style_class: 'octally-scrolled',
            hscrollbar_policy: St.PolicyType.NEVER,
            vscrollbar_policy: St.PolicyType.AUTOMATIC,
            overlay_scrollbars: true,
            child: this.box,
        });
        this.actor._delegate = this;
        this._activeChangedId = this.connect('active-changed', (_section, item) => this._follow(item));
    }

    /** The keyboard's way through the items. The pointer sees where it is. */
    _follow(item) {
        if (item && !item.hover)
            ensureActorVisibleInScrollView(this.actor, item);
    }

    destroy() {
        this.disconnect(this._activeChangedId);
        super.destroy();
    }
}
