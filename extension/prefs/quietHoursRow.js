// SPDX-License-Identifier: GPL-3.0-or-later
// The quiet hours: on or off, and from when to when.

import Adw from 'gi://Adw';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {clock} from '../format.js';
import {readQuietHours, timesOfDay, USUAL, writeQuietHours} from '../quietHours.js';
import {choiceRow, choose, chosen, offer} from './rows.js';
import {SettingLink} from './settingLink.js';

/**
 * @param {object} context - service and window
 * @returns {Adw.ExpanderRow} tied to the setting
 */
export function quietHoursRow(context) {
    const row = new Adw.ExpanderRow({
        title: _('Quiet Hours'),
        subtitle: _('Nothing is shown in them; what still holds afterwards is shown then'),
        show_enable_switch: true,
    });
    const from = timeRow(_('From'), USUAL.from);
    const to = timeRow(_('To'), USUAL.to);
    row.add_row(from);
    row.add_row(to);

    const link = new SettingLink(context, 'quietHours', text => draw(row, from, to, readQuietHours(text)));
    const push = () => link.push(row.enable_expansion ? writeQuietHours({from: chosen(from), to: chosen(to)}) : '');
    row.connect('notify::enable-expansion', push);
    for (const time of [from, to])
        time.connect('notify::selected', push);
    return row;
}

function draw(row, from, to, hours) {
    row.enable_expansion = hours !== null;
    if (!hours)
        return;
    drawTime(from, hours.from);
    drawTime(to, hours.to);
}

function drawTime(row, time) {
    if (!row.choices.includes(time))
        offer(row, choices(time));
    choose(row, time);
}

function timeRow(title, time) {
    const row = choiceRow({title}, choices(time));
    choose(row, time);
    return row;
}

function choices(time) {
    return timesOfDay(time).map(value => [value, clock(value)]);
}
