// SPDX-License-Identifier: GPL-3.0-or-later

import {glance} from '../glance.js';
import {notice} from '../notice.js';
import {Words} from '../words.js';
import {equal, test, untranslated, usage} from './check.js';

const words = new Words(untranslated);
const FRESH = {kind: 'fresh', sinceMs: 1, reason: null};
const PACE = {freshPerMinute: 1234, perHour: {costBilledUsd: 3.6, costEstimatedUsd: null, unpricedSteps: 0}, sinceMs: 1};

function look({items, style, alertUsdPerDay, hideWhenUnused, ...known} = {}) {
    const client = {
        status: FRESH, state: 'busy', run: usage(), today: usage({freshTokens: 5, costBilledUsd: 2}), month: null, total: usage(),
        pace: null, budgets: [], sessions: [], ...known,
    };
    const panel = {
        items: items ?? ['state', 'session-tokens', 'session-cost'], style: style ?? 'both',
        alertUsdPerDay: alertUsdPerDay ?? 0, hideWhenUnused: hideWhenUnused ?? false,
    };
    return glance({client, panel}, words);
}

/** The glyph as *, texts as they are. */
function shown(others) {
    return look(others).segments.map(segment => segment.glyph ? '*' : segment.text);
}

function budget(others) {
    return {id: 'all', limitUsd: 50, leftUsd: 30, share: 0.4, ...others};
}

test('the panel shows the glyph, then tokens and cost', () => equal(shown(), ['*', '12.3k · $0.42']));

test('the items are shown in the order of the setting', () => {
    equal(shown({items: ['today-cost', 'state', 'session-cost', 'session-tokens']}), ['$2.00', '*', '$0.42 · 12.3k']);
});

test('the style takes the glyph or the texts away', () => {
    equal([shown({style: 'icon'}), shown({style: 'text'})], [['*'], ['12.3k · $0.42']]);
});

test('the glyph comes first where the setting has no place for it', () => {
    equal(shown({items: ['session-cost']}), ['*', '$0.42']);
});

test('where nothing is left to show there is the glyph', () => {
    equal([shown({items: [], style: 'text'}), shown({items: ['of-the-future'], style: 'text'})], [['*'], ['*']]);
});

test('a range without figures is unknown, a session that never was has a word', () => {
    equal(shown({items: ['month-tokens', 'month-cost'], style: 'text'}), ['–']);
    equal(shown({run: null, style: 'text'}), ['no session']);
});

test('an unused pace takes no room', () => {
    const items = ['tokens-per-minute', 'cost-per-hour'];
    equal([shown({items}), shown({items, pace: PACE})], [['*'], ['*', '1.2k/min · $3.60/h']]);
});

test('a pace whose steps have no price is no zero', () => {
    const items = ['cost-per-hour'];
    const perHour = {...PACE.perHour, unpricedSteps: 2};
    equal(shown({items, pace: {...PACE, perHour}}), ['*', '$3.60 + ?/h']);
    const unknown = {...PACE, perHour: {...perHour, costBilledUsd: 0}};
    equal(shown({items, pace: unknown}), ['*', '?/h']);
    equal(words.pace(unknown, 'cost-per-hour'), '2 steps without a price');
    equal(words.pace({...PACE, perHour}, 'cost-per-hour'), '$3.60 billed per hour, 2 steps without a price');
});

test('what is left of a budget that counts estimates is marked as one', () => {
    const budgets = [budget({counts: 'all'}), budget({id: 'week', counts: 'all', leftUsd: -2.5, share: 1.1})];
    equal(shown({items: ['budget:all', 'budget:week'], budgets}), ['*', '~$30.00 left', '~$2.50 over']);
    equal(look({items: ['budget:all'], budgets}).accessibleName.endsWith('budget all: ~$30.00 left'), true);
});

test('the budget is the one that is nearest to its limit', () => {
    const budgets = [budget(), budget({id: 'week', leftUsd: -2.5, share: 1.1})];
    equal([shown({items: ['budget'], budgets}), shown({items: ['budget:all'], budgets})], [['*', '$2.50 over'], ['*', '$30.00 left']]);
    equal(look({items: ['budget'], budgets}).segments[1].alert, true);
    equal(shown({items: ['budget', 'budget:gone']}), ['*']);
});

test('colour only above the threshold of a day', () => {
    equal([0, 2.01, 2, 1].map(alertUsdPerDay => look({alertUsdPerDay}).alert), [false, false, true, true]);
});

test('an estimate counts for the threshold only where nothing was billed', () => {
    const today = usage({costBilledUsd: 0, costEstimatedUsd: 5});
    equal(look({today, alertUsdPerDay: 5}).alert, true);
    equal(look({today: {...today, costBilledUsd: 1}, alertUsdPerDay: 5}).alert, false);
    equal(look({today: null, alertUsdPerDay: 5}).alert, false);
});

test('it hides only while nothing runs and nothing is wrong', () => {
    const hideWhenUnused = true;
    equal(look({hideWhenUnused}).visible, false);
    equal(look({hideWhenUnused, sessions: [{state: 'gone'}]}).visible, false);
    equal(look({hideWhenUnused, sessions: [{state: 'idle'}]}).visible, true);
    equal(['starting', 'empty', 'stale', 'missing', 'failed', 'gone', 'error'].map(kind => look({hideWhenUnused, status: {kind}}).visible),
        [false, false, true, true, true, true, true]);
});

test('busy and waiting have moods of their own, every other state is idle', () => {
    equal(['busy', 'waiting', 'idle', 'gone', 'unknown'].map(state => look({state}).mood),
        ['busy', 'waiting', 'idle', 'idle', 'idle']);
});

test('what is wrong has a mood whatever the sessions do', () => {
    equal(['starting', 'missing', 'failed', 'gone', 'stale', 'empty', 'error', 'of the future'].map(kind => look({status: {kind}}).mood),
        ['starting', 'missing', 'missing', 'missing', 'stale', 'idle', 'problem', 'missing']);
});

test('the accessible name says figures and state in words', () => {
    equal(look({run: usage({costEstimatedUsd: 0.1, unpricedSteps: 3})}).accessibleName,
        'OpenCode usage: Busy, 12.3k fresh tokens, cache hit rate 90%, ' +
        '$0.42 billed, about $0.10 estimated, 3 steps without a price');
});

test('the accessible name has the figures where only the icon is shown', () => {
    equal(look({style: 'icon'}).accessibleName, look().accessibleName);
    equal(look({items: []}).accessibleName, look().accessibleName);
});

test('the accessible name names what it speaks of', () => {
    const items = ['today-cost', 'cost-per-hour', 'budget:all'];
    equal(look({items, pace: PACE, budgets: [budget()]}).accessibleName,
        'OpenCode usage: Busy, Today: 5 fresh tokens, cache hit rate 90%, $2.00 billed, $3.60 billed per hour, budget all: $30.00 left');
});

test('without figures there is a word, never a blank or a zero', () => {
    const kinds = ['starting', 'missing', 'failed', 'gone', 'empty', 'error'];
    equal(kinds.map(kind => shown({status: {kind}, items: ['today-cost', 'state', 'session-cost']})),
        ['starting', 'not installed', 'error', 'stopped', 'no data', 'error'].map(word => [word, '*']));
});

test('what is out of date says so', () => {
    const stale = look({status: {kind: 'stale', sinceMs: 1, reason: 'why'}});
    equal([stale.segments[1].text, stale.mood], ['12.3k · $0.42', 'stale']);
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
