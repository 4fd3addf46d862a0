// SPDX-License-Identifier: GPL-3.0-or-later

import {fill, Words} from '../words.js';
import {equal, test, untranslated, usage} from './check.js';

const words = new Words(untranslated);
const MINUTE_MS = 60 * 1000;

test('places are filled by name, unknown ones stay', () => {
    equal(fill('{a} and {b}', {a: 0}), '0 and {b}');
});

test('a lapse is told in its largest unit', () => {
    equal([15, 59, 60, 125, 60 * 24, 60 * 50].map(minutes => words.lapse(minutes * MINUTE_MS)),
        ['15 minutes', '59 minutes', '1 hour', '2 hours', '1 day', '2 days']);
});

test('less than a minute ago is now, before any is never', () => {
    equal(words.ago(1000, 1000 + MINUTE_MS - 1), 'just now');
    equal(words.ago(1000, 1000 + MINUTE_MS), '1 minute ago');
    equal(words.ago(0, 5), 'never');
});

test('a clock that was set back gives no negative time', () => {
    equal(words.ago(10 * MINUTE_MS, MINUTE_MS), 'just now');
    equal(words.lapse(-1), '0 minutes');
});

test('a cost that is only estimated does not claim a bill of zero', () => {
    equal(words.cost(usage({costBilledUsd: 0, costEstimatedUsd: 0.1})), 'about $0.10 estimated');
});

test('steps without a price are named and are no zero', () => {
    equal(words.cost(usage({costBilledUsd: 0, unpricedSteps: 1})), '1 step without a price');
});

test('a cost that was not told is called unknown', () => {
    equal(words.cost(usage({costBilledUsd: null})), 'cost unknown');
});
