// SPDX-License-Identifier: GPL-3.0-or-later

import {moveItem, shownFirst} from '../itemOrder.js';
import {equal, test} from './check.js';

test('an item moves among the others', () => {
    equal(moveItem(['a', 'b', 'c'], 'a', 1), ['b', 'a', 'c']);
    equal(moveItem(['a', 'b', 'c'], 'c', -1), ['a', 'c', 'b']);
    equal(moveItem(['a', 'b', 'c'], 'a', 2), ['b', 'c', 'a']);
});

test('an item stays where there is no further place', () => {
    equal([moveItem(['a', 'b'], 'a', -1), moveItem(['a', 'b'], 'b', 1), moveItem(['a'], 'x', 1)], [['a', 'b'], ['a', 'b'], ['a']]);
});

test('what is shown stands before what is not', () => equal(shownFirst(['c', 'a'], ['a', 'b', 'c']), ['c', 'a', 'b']));
