// SPDX-License-Identifier: GPL-3.0-or-later
// What a budget's row says: which one it is, what is spent and left, and where it leads at this rate.
//
// Pure.

import {dateOf, money, percent, weekdayOf} from './format.js';
import {shortNames} from './shares.js';
import {fill} from './words.js';

// From here on a budget is drawn as one to look after.
const NEAR = 0.8;

/**
 * @param {object} budget - as wire.js reads it
 * @returns {string} over, near (or on the way to over) or within
 */
export function budgetLevel({share, expectedShare}) {
    if (share !== null && share >= 1)
        return 'over';
    return share !== null && share >= NEAR || expectedShare !== null && expectedShare > 1 ? 'near' : 'within';
}

/**
 * @param {object} budget - as wire.js reads it
 * @param {object} words - Words
 * @returns {string} its period, and its project if it has one
 */
export function budgetTitle({period, project}, {gettext: _}) {
    const name = periodName(period, _);
    return project ? `${name} · ${shortNames([project]).get(project)}` : name;
}

/**
 * @param {object[]} budgets - as wire.js reads them
 * @param {object} words - Words
 * @returns {string[]} the title of each, with its name where another one has the same
 */
export function budgetTitles(budgets, words) {
    const titles = budgets.map(budget => budgetTitle(budget, words));
    const isAlone = title => titles.indexOf(title) === titles.lastIndexOf(title);
    return titles.map((title, i) => isAlone(title) ? title : `${title} · ${budgets[i].id}`);
}

function periodName(period, _) {
    switch (period) {
    case 'day': return _('Budget for today');
    case 'week': return _('Budget for this week');
    case 'month': return _('Budget for this month');
    default: return _('Budget');
    }
}

/**
 * @param {object} budget - as wire.js reads it
 * @param {object} words - Words
 * @returns {string} as in "$42.10 of $50.00", with the mark of an estimate where estimates are counted
 */
export function budgetSpent({counts, spentUsd, limitUsd}, {gettext: _}) {
    const mark = counts === 'all' && spentUsd !== null ? '~' : '';
    return fill(_('{spent} of {limit}'), {spent: `${mark}${money(spentUsd)}`, limit: money(limitUsd)});
}

/**
 * @param {object} budget - as wire.js reads it
 * @param {object} words - Words
 * @returns {string[]} left or over, the rate, what is counted besides, what has no price
 */
export function budgetOutlook(budget, words) {
    const _ = words.gettext;
    const parts = [];
    if (budget.leftUsd !== null)
        parts.push(left(budget.leftUsd, _));
    if (budget.expectedShare !== null)
        parts.push(atThisRate(budget, _));
    if (budget.counts === 'all')
        parts.push(_('billed and estimated together'));
    if (budget.unpricedSteps > 0)
        parts.push(words.unpricedSteps(budget.unpricedSteps));
    return parts;
}

function left(leftUsd, _) {
    return leftUsd < 0
        ? fill(_('{cost} over'), {cost: money(-leftUsd)})
        : fill(_('{cost} left'), {cost: money(leftUsd)});
}

function atThisRate({period, expectedShare, endsMs}, _) {
    const share = percent(expectedShare);
    if (endsMs === null)
        return fill(_('at this rate {share} in the end'), {share});
    switch (period) {
    case 'day': return fill(_('at this rate {share} by midnight'), {share});
    // The end is the first moment of the next period.
    case 'week': return fill(_('at this rate {share} by {weekday}'), {share, weekday: weekdayOf(endsMs - 1)});
    default: return fill(_('at this rate {share} by {date}'), {share, date: dateOf(endsMs - 1)});
    }
}
