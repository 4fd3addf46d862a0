// SPDX-License-Identifier: GPL-3.0-or-later

import {readBudget, readDay, readFreshness, readPace, readRefresh, readRun, readSession, readUsage} from '../wire.js';
import {equal, test} from './check.js';

const USAGE = {
    tokens: {input: 1, output: 2, reasoning: 3, cache_read: 4, cache_write: 5},
    fresh: 6,
    total: 15,
    steps: 1,
    cost_billed_usd: 0.5,
    unpriced_steps: 0,
};

test('an empty or absent usage is none', () => {
    equal(readUsage({}), null);
    equal(readUsage(undefined), null);
    equal(readRun({}), null);
});

test('the five kinds arrive each in its place', () => {
    equal(readUsage(USAGE).tokens, {input: 1, output: 2, reasoning: 3, cacheRead: 4, cacheWrite: 5});
});

test('nothing to estimate and nothing that could be estimated are both no estimate', () => {
    equal(readUsage(USAGE).costEstimatedUsd, null);
    equal(readUsage({...USAGE, 'cost_estimated_usd': 0}).costEstimatedUsd, null);
    equal(readUsage({...USAGE, 'cost_estimated_usd': 0.1}).costEstimatedUsd, 0.1);
});

test('models keep their order and their names', () => {
    const models = ['a/large', 'b/small'].map(model => ({...USAGE, model}));
    equal(readUsage({...USAGE, models}).models.map(({model}) => model), ['a/large', 'b/small']);
});

test('a session without a title or a parent says so', () => {
    const session = readSession({...USAGE, id: 'ses_1', state: 'busy', since_ms: 7, last_activity_ms: 8});
    equal([session.title, session.parent, session.sinceMs, session.lastActivityMs], [null, null, 7, 8]);
});

test('fresh has no reason', () => {
    equal(readFreshness({state: 'fresh', since_ms: 5}), {kind: 'fresh', sinceMs: 5, reason: null});
});

test('problems of a refresh keep place and remedy', () => {
    const problem = {severity: 'warning', code: 'locked', what: 'locked', where: '/x', remedy: 'wait', count: 1};
    equal(readRefresh({steps_added: 2, problems: [problem]}).problems,
        [{what: 'locked', place: '/x', remedy: 'wait'}]);
});

test('a day has its date', () => {
    equal([readDay({...USAGE, day: '2026-11-26'}).day, readDay({...USAGE, day: '2026-11-26'}).freshTokens], ['2026-11-26', 6]);
});

test('no pace is no zero', () => {
    equal([readPace({}), readPace(undefined)], [null, null]);
    equal(readPace({fresh_per_minute: 900, cost_per_hour_usd: 1.5, since_ms: 7}),
        {freshPerMinute: 900, perHour: {costBilledUsd: 1.5, costEstimatedUsd: null, unpricedSteps: 0}, sinceMs: 7});
});

test('a budget without a project counts all of them, and what is left out is unknown', () => {
    const budget = readBudget({id: 'all', period: 'day', limit_usd: 5, spent_usd: 6, left_usd: -1, warn_at: [50, 100], crossed: 100});
    equal([budget.project, budget.counts, budget.leftUsd, budget.crossed, budget.warnAt], [null, 'billed', -1, 100, [50, 100]]);
    equal([budget.expectedShare, budget.expectedUsd], [null, null]);
});
