// SPDX-License-Identifier: GPL-3.0-or-later
// What the top bar can show, by the names that stand in the setting "panel-items", and what a pin changes there.
//
// Pure, and shared by the shell and the preferences.

/** The place of the state's glyph. Whether it is shown is the matter of "panel-style". */
export const STATE = 'state';

export const RANGES = ['session', 'today', 'month', 'total'];

export const PACE_ITEMS = ['tokens-per-minute', 'cost-per-hour'];

/** The budget that is nearest to its limit. */
export const BUDGET = 'budget';

/** Everything that can be chosen, one budget alone aside. */
export const PANEL_ITEMS = [STATE, ...RANGES.flatMap(rangeItems), ...PACE_ITEMS, BUDGET];

const ONE_BUDGET = /^budget:(.+)$/;

/**
 * @param {string} range - one of RANGES
 * @returns {string[]} its items
 */
export function rangeItems(range) {
    return [`${range}-tokens`, `${range}-cost`];
}

/**
 * @param {string} id - of a budget
 * @returns {string} the item that shows what is left of this one
 */
export function budgetItem(id) {
    return `budget:${id}`;
}

/**
 * @param {string} item - of the setting
 * @returns {?string} the id of the budget that it names
 */
export function budgetOf(item) {
    return item.match(ONE_BUDGET)?.[1] ?? null;
}

/**
 * @param {string[]} items - of the setting
 * @param {string[]} group - the items of one row
 * @returns {boolean} whether any of them is shown
 */
export function isPinned(items, group) {
    return group.some(item => items.includes(item));
}

/**
 * @param {string[]} items - of the setting
 * @param {string[]} group - the items of one row
 * @returns {string[]} the setting with all of them at its end, or with none of them
 */
export function togglePin(items, group) {
    return isPinned(items, group) ? items.filter(item => !group.includes(item)) : [...items, ...group];
}
