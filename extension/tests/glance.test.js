// SPDX-License-Identifier: GPL-3.0-or-later

import {glance} from '../glance.js';
import {notice} from '../notice.js';
import {Words} from '../words.js';
import {equal, test, untranslated, usage} from './check.js';

const words = new Words(untranslated);
const FRESH = {kind: 'fresh', sinceMs: 1, reason: null};

function look(others) {
    return glance({status: FRESH, run: usage(), state: 'busy', shows: 'tokens-and-cost', ...others}, words);
}

test('the panel shows tokens, then cost', () => equal(look().text, '12.3k · $0.42'));

test('the setting chooses what is shown', () => {
    equal(['tokens', 'cost', 'icon'].map(shows => look({shows}).text), ['12.3k', '$0.42', '']);
});

test('busy and waiting have moods of their own, everything else is idle', () => {
    equal(['busy', 'waiting', 'idle', 'gone', 'unknown'].map(state => look({state}).mood),
        ['busy', 'waiting', 'idle', 'idle', 'idle']);
});

test('the accessible name says figures and state in words', () => {
    equal(look({run: usage({costEstimatedUsd: 0.1, unpricedSteps: 3})}).accessibleName,
        'OpenCode usage: Busy, 12.3k fresh tokens, cache hit rate 90%, ' +
        '$0.42 billed, about $0.10 estimated, 3 steps without a price');
});

test('the accessible name has the figures where only the icon is shown', () => {
    equal(look({shows: 'icon'}).accessibleName, look().accessibleName);
});

test('without figures there is a word, never a blank or a zero', () => {
    const kinds = ['starting', 'missing', 'failed', 'gone', 'empty', 'error'];
    equal(kinds.map(kind => look({status: {kind}}).text),
        ['starting', 'not installed', 'error', 'stopped', 'no data', 'error']);
    equal(look({run: null}).text, 'no session');
});

test('what is out of date does not look fresh', () => {
    const stale = look({status: {kind: 'stale', sinceMs: 1, reason: 'why'}});
    equal([stale.text, stale.mood], ['12.3k · $0.42', 'problem']);
    equal(stale.accessibleName.startsWith('OpenCode usage: figures are out of date, Busy'), true);
});

test('fresh figures need no notice', () => equal(notice(FRESH, 0, words), null));

test('every other status has a notice with a title', () => {
    const kinds = ['starting', 'missing', 'failed', 'gone', 'stale', 'empty', 'error', 'of the future'];
    const titles = kinds.map(kind => notice({kind, sinceMs: 1, reason: 'why'}, 2, words).title);
    equal(titles.map(title => title.length > 0 && !title.includes('{')), kinds.map(() => true));
});

test('the reason of the service is shown', () => {
    for (const kind of ['failed', 'stale', 'empty', 'error'])
        equal(notice({kind, sinceMs: 1, reason: 'because of this'}, 2, words).text.startsWith('because of this'), true);
});
