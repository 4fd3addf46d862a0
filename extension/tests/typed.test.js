// SPDX-License-Identifier: GPL-3.0-or-later

import {
    readBudget, readDay, readDescription, readFreshness, readPace, readRefresh, readRow, readRun, readSession, readUsage
} from '../wire.js';
import {readNotice, readSettings} from '../alertWire.js';
import {readChecks, readData} from '../dataWire.js';
import {noticeText} from '../noticeText.js';
import {dictionaries, dictionary, instantMs, number, positive, text} from '../typed.js';
import {Words} from '../words.js';
import {compactCost} from '../format.js';
import {equal, test, untranslated} from './check.js';

const words = new Words(untranslated);
const LIES = [undefined, null, true, -1, NaN, Infinity, 1e300, '', 'x'.repeat(100000), 'a\nb\u0000', [], ['x'], [null], {}, {x: {}},
    new Uint8Array(3)];
const KEYS = ['tokens', 'fresh', 'total', 'steps', 'cost_billed_usd', 'cost_estimated_usd', 'unpriced_steps', 'models', 'basis', 'id',
    'title', 'project', 'parent', 'model', 'agent', 'state', 'since_ms', 'last_activity_ms', 'started_ms', 'ended_ms', 'day', 'period',
    'limit_usd', 'spent_usd', 'left_usd', 'share', 'expected_share', 'warn_at', 'crossed', 'reason', 'cause', 'turn', 'kind', 'problems',
    'sub_agents', 'turns', 'fresh_per_minute', 'asks', 'budget', 'threshold', 'usd_per_minute', 'compactions', 'within_ms', 'sources',
    'projects', 'keep_months', 'verdict', 'quiet_hours', 'finished', 'opencode_speaks'];
const READERS = [
    readBudget, readDay, readDescription, readFreshness, readPace, readRefresh, dict => readRow(dict, 'model'), readRun,
    readSession, readUsage, readNotice, readSettings, readData, dict => readChecks([dict]),
];
const NOTICES = ['finished', 'idle', 'waiting', 'budget', 'tripwire', 'compaction_loop'];

test('what is of another type is unknown', () => {
    equal([text(3), text(null), number('3'), number(NaN), positive(-1), instantMs(1e300)], [null, null, null, null, null, null]);
    equal([dictionary('x'), dictionary([1]), dictionaries({}), dictionaries([1, {a: 1}, null])], [{}, {}, [], [{a: 1}]]);
});

test('a text is one line and not longer than what is shown', () => {
    equal([text('a\nb\u0000c'), text('x'.repeat(1e6)).length], ['a b c', 500]);
});

test('no lie of the service throws, neither when it is read nor when it is told', () => {
    for (const lie of LIES) {
        const dict = Object.fromEntries(KEYS.map(key => [key, lie]));
        for (const read of READERS) {
            const told = read(dict);
            JSON.stringify(told);
            if (told && 'freshTokens' in told)
                equal([typeof words.usage(told), typeof compactCost(told)], ['string', 'string']);
        }
    }
});

test('no lie of the service keeps a notification from being told', () => {
    for (const lie of LIES) {
        const dict = Object.fromEntries(KEYS.map(key => [key, lie]));
        for (const kind of NOTICES) {
            const {title, body} = noticeText(readNotice({...dict, budget: dict, kind}), {idleThresholdMs: null, nowMs: 0}, words);
            equal([title.includes('{'), body.includes('{')], [false, false]);
        }
    }
});

test('a text where a count should be does not become a figure', () => {
    const usage = readUsage({fresh: '12', 'cost_billed_usd': '0.5', tokens: 'many', steps: [], models: 'none'});
    equal([usage.freshTokens, usage.costBilledUsd, usage.steps, usage.models], [null, null, null, []]);
    equal(words.usage(usage), '– fresh tokens, cost unknown');
});
