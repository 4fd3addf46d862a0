// SPDX-License-Identifier: GPL-3.0-or-later
// The pin of a row: pressed while the row's figures are in the top bar.

/** @import Gio from 'gi://Gio' */
/** @import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js' */

import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

import {isPinned, togglePin} from '../panelItems.js';
import {fill} from '../words.js';

const KEY = 'panel-items';

export class PinButton extends St.Button {
    static {
        GObject.registerClass(this);
    }

    /**
     * @param {object} parts - what it needs
     * @param {string[]} parts.items - of panelItems.js: what it adds to the top bar, in this order
     * @param {string} parts.name - of the row
     * @param {Gio.Settings} parts.settings - the extension's
     * @param {object} parts.icons - of icons.js
     * @param {object} parts.words - Words
     */
    constructor({items, name, settings, icons, words}) {
        super({
            style_class: 'octally-pin',
            toggle_mode: true,
            can_focus: true,
            y_align: Clutter.ActorAlign.CENTER,
            accessible_name: fill(words.gettext('Show in the top bar: {name}'), {name}),
        });
        this._icon = new St.Icon({style_class: 'popup-menu-icon'});
        this.child = this._icon;
        this._items = items;
        this._settings = settings;
        this._icons = icons;
        // Both end with this actor.
        settings.connectObject(`changed::${KEY}`, () => this._sync(), this);
        this.connect('clicked', () => this._toggle());
        this._sync();
    }

    _sync() {
        this.checked = isPinned(this._settings.get_strv(KEY), this._items);
        this._icon.gicon = this.checked ? this._icons.pinned : this._icons.unpinned;
    }

    _toggle() {
        this._settings.set_strv(KEY, togglePin(this._settings.get_strv(KEY), this._items));
        this._settings.set_boolean('show-pin-hint', false);
    }

    /**
     * For the row's own handler: a menu item that has the focus keeps the keyboard from what is inside it.
     *
     * @param {PopupMenu.PopupBaseMenuItem} row - the pin's
     * @param {Clutter.Event} event - a key that was pressed
     * @returns {boolean} whether it was Tab to the pin, or Shift and Tab back from it
     */
    movesFocus(row, event) {
        const symbol = event.get_key_symbol();
        const forward = symbol === Clutter.KEY_Tab && row.has_key_focus();
        const back = symbol === Clutter.KEY_ISO_Left_Tab && this.has_key_focus();
        if (forward)
            this.grab_key_focus();
        else if (back)
            row.grab_key_focus();
        return forward || back;
    }
}
