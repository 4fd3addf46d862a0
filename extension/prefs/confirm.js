// SPDX-License-Identifier: GPL-3.0-or-later
// The question before something that cannot be taken back.

/** @import Gtk from 'gi://Gtk' */

import Adw from 'gi://Adw';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

/**
 * @param {Gtk.Widget} parent - of the dialog
 * @param {{heading: string, body: string, label: string}} question - label: on the button that does it
 * @param {Function} act - when it is affirmed
 * @param {Function} refrain - when it is not
 */
export function confirm(parent, {heading, body, label}, act, refrain = () => {}) {
    const dialog = new Adw.AlertDialog({heading, body, default_response: 'cancel', close_response: 'cancel'});
    dialog.add_response('cancel', _('Cancel'));
    dialog.add_response('do', label);
    dialog.set_response_appearance('do', Adw.ResponseAppearance.DESTRUCTIVE);
    dialog.connect('response', (_dialog, response) => response === 'do' ? act() : refrain());
    dialog.present(parent);
}
