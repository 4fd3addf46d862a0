// SPDX-License-Identifier: GPL-3.0-or-later

import {readNotice} from '../alertWire.js';
import {noticeText, raisedLimitUsd} from '../noticeText.js';
import {Words} from '../words.js';
import {equal, test, untranslated} from './check.js';

const words = new Words(untranslated);
const NOW_MS = new Date(2026, 10, 26, 12).getTime();
const BUDGET = {
    id: 'all', period: 'month', counts: 'billed', 'limit_usd': 50, 'spent_usd': 40, 'left_usd': 10, share: 0.8, 'warn_at': [80],
};

function told(kind, details = {}) {
    return noticeText(readNotice({id: 'x', kind, ...details}), {idleThresholdMs: 900000, nowMs: NOW_MS}, words);
}

function raisedLimit(kind, details) {
    return raisedLimitUsd(readNotice({id: 'x', kind, ...details}));
}

function body(kind, details) {
    return told(kind, details).body;
}

test('a kind of the future is not told', () => equal(told('of the future'), null));

test('a finished turn is told with its figures, or without where they are not known', () => {
    const turn = {fresh: 1200, steps: 1, 'cost_billed_usd': 0.05, 'unpriced_steps': 0};
    equal(told('finished', {title: 'Mend', turn}), {title: 'OpenCode is idle: Mend', body: 'This turn: 1.2k fresh tokens, $0.05 billed'});
    equal(told('finished'), {title: 'OpenCode is idle', body: 'Its turn has ended.'});
});

test('idle says for how long nothing happened', () => equal(body('idle'), 'Nothing has happened for 15 minutes.'));

test('waiting says what it waits for', () => {
    equal(['permission', 'question'].map(asks => body('waiting', {asks})), ['It asks for a permission.', 'It asks a question.']);
});

test('a budget is named by its period, the share by the threshold', () => {
    const titles = ['day', 'week', 'month'].map(period => told('budget', {budget: {...BUDGET, period}, threshold: 80}).title);
    equal(titles, ['Daily budget: 80% spent', 'Weekly budget: 80% spent', 'Monthly budget: 80% spent']);
});

test('a budget says what is left, or what is over', () => {
    equal(body('budget', {budget: BUDGET, threshold: 80}), '$40.00 of $50.00 spent, $10.00 left.');
    const over = {...BUDGET, 'spent_usd': 60, 'left_usd': -10};
    equal(body('budget', {budget: over, threshold: 100}), '$60.00 spent, $10.00 above the limit of $50.00.');
});

test('a budget says what it counts where that is not everything billed', () => {
    const budget = {...BUDGET, project: '/home/dev/parser', counts: 'all', 'unpriced_steps': 2};
    equal(body('budget', {budget, threshold: 80}), '$40.00 of $50.00 spent, $10.00 left. Project: /home/dev/parser. ' +
        'Billed and estimated cost together. 2 steps without a price.');
});

test('the tripwire names the limit and the dearest session', () => {
    equal(told('tripwire', {usd_per_minute: 7.5, limit_usd_per_minute: 5, title: 'Mend'}),
        {title: 'OpenCode spends $7.50 per minute', body: 'Your limit is $5.00 per minute. Most of it: Mend.'});
});

test('the tripwire marks what is only estimated', () => {
    equal(told('tripwire', {usd_per_minute: 7.5, limit_usd_per_minute: 5, counts: 'estimated'}),
        {title: 'OpenCode spends ~$7.50 per minute at list price', body: 'Your limit is $5.00 per minute.'});
});

test('a compaction loop is counted', () => {
    equal(body('compaction_loop', {compactions: 1, within_ms: 600000}),
        '1 compaction within 10 minutes. The session may be stuck in a loop.');
    equal(body('compaction_loop', {compactions: 4, within_ms: 600000}),
        '4 compactions within 10 minutes. The session may be stuck in a loop.');
});

test('a raised limit is a number that a person would choose, above what is spent', () => {
    const raised = [[50, 40], [5, 5], [5, 12], [0.1, 0.1], [100, 99], [0.01, 0]].map(
        ([limit, spent]) => raisedLimit('budget', {budget: {...BUDGET, 'limit_usd': limit, 'spent_usd': spent}}));
    equal(raised, [75, 7.5, 15, 0.15, 150, 0.02]);
    equal(raisedLimit('tripwire', {'limit_usd_per_minute': 5, 'usd_per_minute': 7.5}), 8.5);
});

test('what has no limit of money has none to be raised', () => {
    equal(raisedLimit('budget', {budget: {...BUDGET, 'limit_usd': null}}), null);
    equal(raisedLimit('budget', {budget: {...BUDGET, 'limit_usd': 0}}), null);
    equal(raisedLimit('tripwire', {'usd_per_minute': 7.5}), null);
    equal(raisedLimit('idle', {}), null);
});
