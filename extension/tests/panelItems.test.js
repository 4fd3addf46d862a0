// SPDX-License-Identifier: GPL-3.0-or-later

import {budgetItem, budgetOf, isPinned, PANEL_ITEMS, rangeItems, togglePin} from '../panelItems.js';
import {equal, test} from './check.js';

const TODAY = rangeItems('today');

test('a pin adds the items of its row at the end and takes all of them away', () => {
    const pinned = togglePin(['state', 'session-cost'], TODAY);
    equal(pinned, ['state', 'session-cost', 'today-tokens', 'today-cost']);
    equal(togglePin(pinned, TODAY), ['state', 'session-cost']);
});

test('a row of which only a part is shown is pinned, and unpinning leaves nothing of it', () => {
    equal(isPinned(['today-cost'], TODAY), true);
    equal(togglePin(['state', 'today-cost'], TODAY), ['state']);
});

test('a budget has an item of its own name', () => {
    equal([budgetOf(budgetItem('my-week')), budgetOf('budget'), budgetOf('today-cost')], ['my-week', null, null]);
});

test('no item is there twice', () => equal(new Set(PANEL_ITEMS).size, PANEL_ITEMS.length));
