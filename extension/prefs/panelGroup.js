// SPDX-License-Identifier: GPL-3.0-or-later
// The preferences about the top bar.

import Adw from 'gi://Adw';
import Gio from 'gi://Gio';
import Gtk from 'gi://Gtk';

/**
 * @param {Gio.Settings} settings - the extension's
 * @param {Function} _ - gettext
 * @returns {Adw.PreferencesGroup} with the choices of what the top bar shows, and where
 */
export function panelGroup(settings, _) {
    const group = new Adw.PreferencesGroup({title: _('Top Bar')});
    // In the order of the values in the schema's enums.
    group.add(choiceRow(settings, 'panel-style', _('Show'), [_('Icon and Figures'), _('Icon Only'), _('Figures Only')]));
    group.add(choiceRow(settings, 'panel-position', _('Position'), [_('Left'), _('Center'), _('Right')]));
    const hide = new Adw.SwitchRow({title: _('Hide When Nothing Runs')});
    settings.bind('panel-hide-when-unused', hide, 'active', Gio.SettingsBindFlags.DEFAULT);
    group.add(hide);
    return group;
}

function choiceRow(settings, key, title, choices) {
    const row = new Adw.ComboRow({title, model: Gtk.StringList.new(choices), selected: settings.get_enum(key)});
    row.connect('notify::selected', () => settings.set_enum(key, row.selected));
    settings.connect(`changed::${key}`, () => (row.selected = settings.get_enum(key)));
    return row;
}
