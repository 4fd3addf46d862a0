// SPDX-License-Identifier: GPL-3.0-or-later
// The preferences about idleness: the threshold and the notifications.

import Adw from 'gi://Adw';
import Gio from 'gi://Gio';
import Gtk from 'gi://Gtk';

/**
 * @param {Gio.Settings} settings - the extension's
 * @param {Function} _ - gettext
 * @returns {Adw.PreferencesGroup} with the switches of the notifications and the idle threshold
 */
export function idleGroup(settings, _) {
    const group = new Adw.PreferencesGroup({title: _('Notifications')});
    group.add(switchRow(settings, 'notify-finished', _('Turn Finished'), _('OpenCode has done what it was asked')));
    group.add(switchRow(settings, 'notify-waiting', _('Waiting for You'), _('OpenCode asks for a permission or an answer')));
    group.add(switchRow(settings, 'notify-threshold', _('Nothing Happens'), _('A session has done nothing for the idle threshold')));
    group.add(thresholdRow(settings, _));
    return group;
}

function switchRow(settings, key, title, subtitle) {
    const row = new Adw.SwitchRow({title, subtitle});
    settings.bind(key, row, 'active', Gio.SettingsBindFlags.DEFAULT);
    return row;
}

function thresholdRow(settings, _) {
    const row = new Adw.SpinRow({
        title: _('Idle Threshold'),
        subtitle: _('Minutes without activity after which a session counts as idle'),
        adjustment: new Gtk.Adjustment({lower: 1, upper: 240, step_increment: 1, page_increment: 15}),
    });
    settings.bind('idle-threshold-minutes', row, 'value', Gio.SettingsBindFlags.DEFAULT);
    return row;
}
