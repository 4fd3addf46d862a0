// SPDX-License-Identifier: GPL-3.0-or-later
// How the indicator looks, where it stands, and when it is there.

import Adw from 'gi://Adw';
import Gio from 'gi://Gio';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {choiceRow, choose, chosen, SpinRow} from './rows.js';

const ALERT = 'panel-alert-usd-per-day';

/**
 * @param {Gio.Settings} settings - the extension's
 * @returns {Adw.PreferencesGroup} with the choices
 */
export function panelGroup(settings) {
    const group = new Adw.PreferencesGroup({title: _('Top Bar')});
    for (const row of [
        enumRow(settings, 'panel-style', _('Show'), [['both', _('Icon and Figures')], ['icon', _('Icon Only')], ['text', _('Figures Only')]]),
        enumRow(settings, 'panel-position', _('Position'), [['left', _('Left')], ['center', _('Center')], ['right', _('Right')]]),
        hideRow(settings),
        alertRow(settings),
    ])
        group.add(row);
    return group;
}

function enumRow(settings, key, title, choices) {
    const row = choiceRow({title}, choices);
    const draw = () => choose(row, settings.get_string(key));
    row.connect('notify::selected', () => {
        // What is only drawn is not to be written: a default would become the user's choice.
        if (chosen(row) !== settings.get_string(key))
            settings.set_string(key, chosen(row));
    });
    settings.connect(`changed::${key}`, draw);
    draw();
    return row;
}

function hideRow(settings) {
    const row = new Adw.SwitchRow({
        title: _('Hide When Nothing Runs'), subtitle: _('It is still shown while something is wrong with the figures'),
    });
    settings.bind('panel-hide-when-unused', row, 'active', Gio.SettingsBindFlags.DEFAULT);
    return row;
}

function alertRow(settings) {
    const row = new SpinRow({
        title: _('Colour from This Cost of a Day'),
        subtitle: _('US dollars from which on the figures are coloured; 0: never'),
    }, {upper: 1000000, step: 1, digits: 2});
    const draw = () => row.showNumber(settings.get_double(ALERT));
    row.onChanged(usd => settings.set_double(ALERT, usd));
    settings.connect(`changed::${ALERT}`, draw);
    draw();
    return row;
}
