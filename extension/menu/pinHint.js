// SPDX-License-Identifier: GPL-3.0-or-later
// Says once what the pins are for. A click or Enter dismisses it; so does the first use of a pin.

import Clutter from 'gi://Clutter';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {fill} from '../words.js';

const KEY = 'show-pin-hint';

export class PinHint extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(settings, icons, {gettext: _}) {
        super({style_class: 'octally-hint'});
        this._settings = settings;
        const text = _('Pin a row to see its figures in the top bar');
        this.add_child(new St.Icon({gicon: icons.unpinned, style_class: 'popup-menu-icon'}));
        this.add_child(new St.Label({text, x_expand: true, y_align: Clutter.ActorAlign.CENTER}));
        this.add_child(new St.Icon({icon_name: 'window-close-symbolic', style_class: 'popup-menu-icon'}));
        this.accessible_name = fill(_('{text}. Press Enter to dismiss this hint.'), {text});
        settings.bind(KEY, this, 'visible', Gio.SettingsBindFlags.GET);
    }

    /** Not chained up: the parent's closes the menu. */
    activate() {
        this._settings.set_boolean(KEY, false);
    }
}
