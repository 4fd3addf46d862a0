// SPDX-License-Identifier: GPL-3.0-or-later
// A line of words among rows of figures: that something is being read, that it failed, what has no price.

import GObject from 'gi://GObject';
import Pango from 'gi://Pango';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {cell, setText} from './cells.js';

export class Remark extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor() {
        // It can be reached with the keyboard, so that a screen reader reads it out.
        super({activate: false, style_class: 'octally-row'});
        this._label = cell('octally-remark-text octally-dim');
        this._label.x_expand = true;
        this._label.clutter_text.line_wrap = true;
        this._label.clutter_text.line_wrap_mode = Pango.WrapMode.WORD_CHAR;
        this._label.clutter_text.ellipsize = Pango.EllipsizeMode.NONE;
        this.add_child(this._label);
    }

    /** @param {string} text - to show; an empty one hides the line */
    say(text) {
        setText(this._label, text);
        this.accessible_name = text;
        this.visible = text !== '';
    }
}
