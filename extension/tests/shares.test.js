// SPDX-License-Identifier: GPL-3.0-or-later

import {budgetLevel, budgetOutlook, budgetSpent, budgetTitle, budgetTitles} from '../budgetWords.js';
import {percent} from '../format.js';
import {shares, shortNames} from '../shares.js';
import {readBudget} from '../wire.js';
import {Words} from '../words.js';
import {equal, test, untranslated, usage} from './check.js';

const words = new Words(untranslated);

function row(name, freshTokens, others = {}) {
    return {...usage({freshTokens, ...others}), name};
}

test('the largest come first, and the rest is one row', () => {
    const lines = shares([row('a', 10), row('b', 50), row('c', 20), row('d', 20)], 'fresh', 3);
    equal(lines.map(({name, share, others}) => [name, share, others]), [['b', 0.5, 0], ['c', 0.2, 0], [null, 0.3, 2]]);
    equal(lines[2].usage.freshTokens, 30);
});

test('as many rows as there is room for need no rest', () => {
    equal(shares([row('a', 1), row('b', 3)], 'fresh', 2).map(({name}) => name), ['b', 'a']);
});

test('what was not used has no row, and what has no price has no share', () => {
    const lines = shares([row('idle', 0, {steps: 0}), row('paid', 1), row('unpriced', 9, {costBilledUsd: 0, unpricedSteps: 1})], 'billed', 5);
    equal(lines.map(({name, share}) => [name, share]), [['paid', 1], ['unpriced', null]]);
});

test('a project is named by its folder, by its path where two folders have the same name', () => {
    equal([...shortNames(['/home/a/api', '/home/b/api', '/srv/web/', '/']).values()], ['/home/a/api', '/home/b/api', 'web', '/']);
});

test('a small share is not nothing', () => equal([0, 0.001, 0.5, null].map(percent), ['0%', '<1%', '50%', '–']));

const END_MS = new Date(2026, 11, 1).getTime();
const BUDGET = readBudget({
    id: 'all', period: 'month', limit_usd: 50, spent_usd: 42.1, left_usd: 7.9, share: 0.842, expected_share: 1.12, ends_ms: END_MS,
});

test('a budget says what is spent, what is left, and where it leads', () => {
    equal(budgetTitle(BUDGET, words), 'Budget for this month');
    equal(budgetSpent(BUDGET, words), '$42.10 of $50.00');
    equal(budgetOutlook(BUDGET, words), ['$7.90 left', 'at this rate 112% by Nov 30']);
});

test('a budget of a project names it, and one of all costs says so', () => {
    const all = {...BUDGET, project: '/home/me/api', counts: 'all', unpricedSteps: 3, leftUsd: -3.2, period: 'week'};
    equal(budgetTitle(all, words), 'Budget for this week · api');
    equal(budgetSpent(all, words), '~$42.10 of $50.00');
    equal(budgetOutlook(all, words),
        ['$3.20 over', 'at this rate 112% by Monday', 'billed and estimated together', '3 steps without a price']);
});

test('a budget early in its period has no rate', () => {
    equal(budgetOutlook({...BUDGET, expectedShare: null}, words), ['$7.90 left']);
});

test('a budget is over, near, on the way to over, or within', () => {
    const levels = [[1, null], [0.8, null], [0.1, 1.1], [0.5, 0.9], [null, null]];
    equal(levels.map(([share, expectedShare]) => budgetLevel({share, expectedShare})), ['over', 'near', 'near', 'within', 'within']);
});

test('budgets that would have the same title are told apart by their names', () => {
    const titles = budgetTitles([{...BUDGET, id: 'mine'}, {...BUDGET, id: 'team'}, {...BUDGET, id: 'small', period: 'day'}], words);
    equal(titles, ['Budget for this month · mine', 'Budget for this month · team', 'Budget for today']);
});
