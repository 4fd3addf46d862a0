// SPDX-License-Identifier: GPL-3.0-or-later

import {billedCost, cacheHitRate, compactCost, compactTokens, estimatedCost, money} from '../format.js';
import {equal, test, usage} from './check.js';

test('tokens keep at most three or four digits', () => {
    equal([0, 7, 999, 1000, 12345, 999949, 999950, 4000000, 98765432, 2e9, 3e12].map(compactTokens),
        ['0', '7', '999', '1.0k', '12.3k', '999.9k', '1.0M', '4.0M', '98.8M', '2.0G', '3.0T']);
});

test('unknown tokens are not zero', () => equal(compactTokens(null), '–'));

test('money has cents, and more only where cents would say nothing', () => {
    equal([0, 0.42, 1234.5, 0.0039, 0.00001, null].map(money),
        ['$0.00', '$0.42', '$1,234.50', '$0.0039', '<$0.0001', '–']);
});

test('the cache hit rate is the cached part of the context', () => {
    equal(cacheHitRate({input: 10, output: 99, reasoning: 99, cacheRead: 85, cacheWrite: 5}), '85%');
});

test('without a context there is no cache hit rate', () => {
    equal(cacheHitRate({input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0}), '–');
    equal(cacheHitRate(null), '–');
});

test('billed is unknown where nothing was billed for steps without a price', () => {
    equal(billedCost(usage({costBilledUsd: 0, unpricedSteps: 2})), '–');
    equal(billedCost(usage({costBilledUsd: 0})), '$0.00');
});

test('the top bar drops the cents of large sums', () => {
    equal([0.42, 99.99, 123.4, 1234.5, 12345, 1234567].map(usd => compactCost(usage({costBilledUsd: usd}))),
        ['$0.42', '$99.99', '$123', '$1,235', '$12.3K', '$1.23M']);
});

test('an estimate has its mark, and no estimate is empty', () => {
    equal(estimatedCost(usage({costEstimatedUsd: 0.1})), '~$0.10');
    equal(estimatedCost(usage()), '');
});

test('billed and estimated stand side by side and are never added up', () => {
    equal(compactCost(usage()), '$0.42');
    equal(compactCost(usage({costEstimatedUsd: 0.1})), '$0.42 + ~$0.10');
    equal(compactCost(usage({costBilledUsd: 0, costEstimatedUsd: 0.1})), '~$0.10');
});

test('steps without a price show in the one figure', () => {
    equal(compactCost(usage({unpricedSteps: 3})), '$0.42 + ?');
    equal(compactCost(usage({costBilledUsd: 0, unpricedSteps: 3})), '?');
});

test('what really cost nothing is zero', () => equal(compactCost(usage({costBilledUsd: 0})), '$0.00'));

test('a cost that was not told is unknown', () => equal(compactCost(usage({costBilledUsd: null})), '–'));
