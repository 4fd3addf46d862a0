// SPDX-License-Identifier: GPL-3.0-or-later
// The preference about the top bar.

import Adw from 'gi://Adw';
import Gtk from 'gi://Gtk';

const KEY = 'panel-shows';

/**
 * @param {Gio.Settings} settings - the extension's
 * @param {Function} _ - gettext
 * @returns {Adw.PreferencesGroup} with the choice of what the top bar shows
 */
export function panelGroup(settings, _) {
    // In the order of the values in the schema's enum.
    const choices = [_('Tokens and Cost'), _('Tokens'), _('Cost'), _('Icon Only')];
    const row = new Adw.ComboRow({
        title: _('Show'),
        subtitle: _('Fresh tokens and cost of the latest OpenCode session'),
        model: Gtk.StringList.new(choices),
        selected: settings.get_enum(KEY),
    });
    row.connect('notify::selected', () => settings.set_enum(KEY, row.selected));
    settings.connect(`changed::${KEY}`, () => (row.selected = settings.get_enum(KEY)));

    const group = new Adw.PreferencesGroup({title: _('Top Bar')});
    group.add(row);
    return group;
}
