// SPDX-License-Identifier: GPL-3.0-or-later
// The line on top of the menu that says what is wrong with the figures and how to mend it.

import GObject from 'gi://GObject';
import Pango from 'gi://Pango';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {column, setText} from './cells.js';

export class NoticeItem extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor() {
        // It can be reached with the keyboard, so that a screen reader reads it out.
        super({activate: false, hover: false, style_class: 'octally-notice'});
        this._title = new St.Label({style_class: 'octally-notice-title'});
        this._text = new St.Label({style_class: 'octally-notice-text'});
        this._text.clutter_text.line_wrap = true;
        this._text.clutter_text.line_wrap_mode = Pango.WrapMode.WORD_CHAR;
        this._text.clutter_text.ellipsize = Pango.EllipsizeMode.NONE;
        this.add_child(column(this._title, this._text));
    }

    /** @param {?object} notice - title and text; null hides the line */
    showNotice(notice) {
        this.visible = notice !== null;
        if (!notice)
            return;
        setText(this._title, notice.title);
        setText(this._text, notice.text);
        this._text.visible = notice.text !== '';
        this.accessible_name = `${notice.title}. ${notice.text}`;
    }
}
