// SPDX-License-Identifier: GPL-3.0-or-later

import {moveItem, moveTo, shownFirst} from '../itemOrder.js';
import {equal, test} from './check.js';

test('an item moves among the others', () => {
    equal(moveItem(['a', 'b', 'c'], 'a', 1), ['b', 'a', 'c']);
    equal(moveItem(['a', 'b', 'c'], 'c', -1), ['a', 'c', 'b']);
    equal(moveItem(['a', 'b', 'c'], 'a', 2), ['b', 'c', 'a']);
});

test('an item stays where there is no further place', () => {
    equal([moveItem(['a', 'b'], 'a', -1), moveItem(['a', 'b'], 'b', 1), moveItem(['a'], 'x', 1)], [['a', 'b'], ['a', 'b'], ['a']]);
});

test('an item takes the place of the one that it is dropped on', () => {
    equal(moveTo(['a', 'b', 'c'], 'a', 'c'), ['b', 'c', 'a']);
    equal(moveTo(['a', 'b', 'c'], 'c', 'a'), ['c', 'a', 'b']);
    equal(moveTo(['a', 'b', 'c'], 'b', 'b'), ['a', 'b', 'c']);
});

test('an item that is dropped below the shown ones is the last of them', () => equal(moveTo(['a', 'b', 'c'], 'a', 'x'), ['b', 'c', 'a']));

test('what is not shown cannot be moved', () => equal(moveTo(['a', 'b'], 'x', 'a'), ['a', 'b']));

test('what is shown stands before what is not', () => equal(shownFirst(['c', 'a'], ['a', 'b', 'c']), ['c', 'a', 'b']));
