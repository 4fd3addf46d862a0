// SPDX-License-Identifier: GPL-3.0-or-later
// What the user is told, when, and by whom. All of it is the service's configuration.

import Adw from 'gi://Adw';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {quietHoursRow} from './quietHoursRow.js';
import {choiceRow, choose, chosen, numberRow, switchRow} from './rows.js';
import {servicePage} from './servicePage.js';
import {SettingLink} from './settingLink.js';
import {SnoozeRow} from './snoozeRow.js';

/**
 * @param {object} context - service, window and words
 * @returns {Adw.PreferencesPage} the page
 */
export function notificationsPage(context) {
    const look = {title: _('Notifications'), name: 'notifications', icon_name: 'preferences-system-notifications-symbolic'};
    return servicePage(context, look, [sessionsGroup(context), costGroup(context), silenceGroup(context), speakerGroup(context)]);
}

function makeGroup(title, rows) {
    const group = new Adw.PreferencesGroup({title});
    for (const row of rows)
        group.add(row);
    return group;
}

function sessionsGroup(context) {
    return makeGroup(_('Sessions'), [
        switchRow(context, 'finished', {title: _('Turn Finished'), subtitle: _('OpenCode has done what it was asked')}),
        numberRow(context, 'minTurnSeconds', {
            title: _('Shortest Turn'), subtitle: _('Seconds that a turn takes at least to be worth telling'),
        }, {upper: 86400, step: 5}),
        switchRow(context, 'waiting', {title: _('Waiting for You'), subtitle: _('OpenCode asks for a permission or an answer')}),
        switchRow(context, 'idle', {title: _('Nothing Happens'), subtitle: _('A session has done nothing for the idle threshold')}),
        numberRow(context, 'idleThresholdMinutes', {
            title: _('Idle Threshold'), subtitle: _('Minutes without activity after which a session counts as idle; 0: never'),
        }, {upper: 10080, step: 1}),
    ]);
}

function costGroup(context) {
    return makeGroup(_('Cost'), [
        switchRow(context, 'budgets', {title: _('Budgets'), subtitle: _('A share of a budget has been spent')}),
        numberRow(context, 'tripwireUsdPerMinute', {
            title: _('Cost per Minute'), subtitle: _('US dollars a minute above which OpenCode spends too fast; 0: off'),
        }, {upper: 1000000, step: 0.5, digits: 2}),
        switchRow(context, 'compactionLoop', {
            title: _('Compaction Loop'), subtitle: _('A session compacts its context again and again'),
        }),
    ]);
}

function silenceGroup(context) {
    return makeGroup(_('Silence'), [quietHoursRow(context), new SnoozeRow(context).row]);
}

function speakerGroup(context) {
    const row = choiceRow({title: _('Who Tells It')}, [['octally', _('Octally')], ['opencode', _('OpenCode')], ['both', _('Both')]]);
    const link = new SettingLink(context, 'speaker', speaker => choose(row, speaker));
    row.connect('notify::selected', () => link.push(chosen(row)));
    const hint = () => (row.subtitle = speakerHint(context.service.settings?.opencodeSpeaks ?? null));
    context.service.connect('changed', hint);
    hint();
    return makeGroup(_('Finished Turns and Waiting Sessions'), [row]);
}

function speakerHint(opencodeSpeaks) {
    if (opencodeSpeaks === null)
        return _('Whether OpenCode shows notices of its own is not known');
    return opencodeSpeaks
        ? _('OpenCode is set up to show notices of its own')
        : _('OpenCode shows no notices of its own');
}
