// SPDX-License-Identifier: GPL-3.0-or-later
// One item of the top bar as text: in figures for the eye, in words for the ear.
//
// Pure. An item of which there is nothing to say gives null: an unused pace, a budget that was removed.

import {compactCost, compactMoney, compactTokens, UNKNOWN} from './format.js';
import {BUDGET, budgetOf, PACE_ITEMS, RANGES, rangeItems} from './panelItems.js';
import {fill} from './words.js';

/**
 * @param {string} item - of the setting panel-items, the state's place aside
 * @param {object} client - its getters
 * @param {object} words - Words
 * @returns {?{group: string, text: string, alert: boolean}} items of one group stand close together
 */
export function panelText(item, client, {gettext: _}) {
    const range = rangeOf(item);
    if (range)
        return {group: range, text: rangeText(item, usageOf(client, range), range, _), alert: false};
    if (PACE_ITEMS.includes(item))
        return client.pace && {group: 'pace', text: paceText(item, client.pace, _), alert: false};

    const budget = findBudget(item, client.budgets);
    return budget && {group: item, text: leftText(budget, _), alert: budget.share >= 1};
}

/**
 * @param {string[]} items - of the setting panel-items
 * @param {object} client - its getters
 * @param {object} words - Words
 * @returns {string[]} what they show, in words; the latest session where they show no range
 */
export function spokenTexts(items, client, words) {
    const shown = items.map(rangeOf).filter((range, i, all) => range && all.indexOf(range) === i);
    const ranges = shown.length > 0 ? shown : ['session'];
    return [
        ...ranges.map(range => spokenRange(range, usageOf(client, range), words)),
        ...items.map(item => spokenItem(item, client, words)).filter(text => text !== null),
    ];
}

/** The figures of a range of time; null where there are none. */
export function usageOf(client, range) {
    return range === 'session' ? client.run : client[range];
}

function rangeOf(item) {
    return RANGES.find(range => rangeItems(range).includes(item)) ?? null;
}

function findBudget(item, budgets) {
    if (item === BUDGET)
        return budgets.toSorted((a, b) => b.share - a.share)[0] ?? null;
    return budgets.find(budget => budget.id === budgetOf(item)) ?? null;
}

function rangeText(item, usage, range, _) {
    if (!usage)
        return range === 'session' ? _('no session') : UNKNOWN;
    return item.endsWith('-tokens') ? compactTokens(usage.freshTokens) : compactCost(usage);
}

function paceText(item, pace, _) {
    if (item === 'tokens-per-minute')
        return fill(_('{tokens}/min'), {tokens: compactTokens(pace.freshPerMinute)});
    return fill(_('{cost}/h'), {cost: compactCost(pace.perHour)});
}

function leftText({leftUsd, counts}, _) {
    if (leftUsd === null)
        return UNKNOWN;
    const text = leftUsd < 0 ? _('{cost} over') : _('{cost} left');
    const mark = counts === 'all' ? '~' : '';
    return fill(text, {cost: `${mark}${compactMoney(Math.abs(leftUsd))}`});
}

function spokenRange(range, usage, words) {
    const figures = usage ? words.usage(usage) : null;
    if (range === 'session')
        return figures ?? words.gettext('no session');
    return `${words.range(range)}: ${figures ?? words.gettext('cost unknown')}`;
}

function spokenItem(item, client, words) {
    const _ = words.gettext;
    if (PACE_ITEMS.includes(item))
        return client.pace && words.pace(client.pace, item);

    const budget = findBudget(item, client.budgets);
    return budget && fill(_('budget {name}: {text}'), {name: budget.id, text: leftText(budget, _)});
}
