// SPDX-License-Identifier: GPL-3.0-or-later

import {budgetChanges, readNotice, readSettings, settingsChanges} from '../alertWire.js';
import {equal, test} from './check.js';

test('settings that were not told are none', () => equal([readSettings(undefined), readSettings({})], [null, null]));

test('a setting keeps its value, also false and zero', () => {
    const settings = readSettings({finished: false, 'idle_threshold_minutes': 0, 'quiet_hours': '', speaker: 'both'});
    equal([settings.finished, settings.idleThresholdMinutes, settings.quietHours, settings.speaker], [false, 0, '', 'both']);
    equal(settings.opencodeSpeaks, null);
});

test('changes carry the types of the contract', () => {
    equal(settingsChanges({idle: false, minTurnSeconds: 20, tripwireUsdPerMinute: 2}), {
        idle: ['b', false], 'min_turn_seconds': ['u', 20], 'tripwire_usd_per_minute': ['d', 2],
    });
    equal(budgetChanges({limitUsd: 5, warnAt: [50]}), {'limit_usd': ['d', 5], 'warn_at': ['au', [50]]});
});

test('a notice without a budget has no limit', () => equal(readNotice({id: 'tripwire'}).budget.limitUsd, null));
