// SPDX-License-Identifier: GPL-3.0-or-later
// What the chart says: of one day, of all its days together, and of everything to those who cannot see it.
//
// Pure.

import {billedCost, calendarDay, compactTokens, estimatedCost, money, roundTokens, UNKNOWN} from './format.js';
import {amount, sum} from './measures.js';
import {fill} from './words.js';

/**
 * @param {object} usage - as wire.js reads it
 * @param {object} words - Words
 * @returns {string[]} fresh tokens, billed, estimated, steps, and what has no price
 */
export function figures(usage, words) {
    const _ = words.gettext;
    const parts = [words.freshTokens(usage)];
    const billed = billedCost(usage);
    const onlyEstimated = usage.costBilledUsd === 0 && usage.costEstimatedUsd !== null;
    if (billed !== UNKNOWN && !onlyEstimated)
        parts.push(fill(_('{cost} billed'), {cost: billed}));
    if (usage.costEstimatedUsd !== null)
        parts.push(fill(_('{cost} estimated'), {cost: estimatedCost(usage)}));
    if (usage.steps > 0)
        parts.push(words.steps(usage.steps));
    if (usage.unpricedSteps > 0)
        parts.push(fill(_('{count} unpriced'), {count: usage.unpricedSteps}));
    return parts;
}

/**
 * @param {object} point - a day of days.history()
 * @param {object} words - Words
 * @returns {{title: string, text: string}} the day, and its figures
 */
export function dayText({day, usage, isToday}, words) {
    const _ = words.gettext;
    const name = calendarDay(day, 'short');
    const title = isToday ? fill(_('{day}, so far'), {day: name}) : name;
    if (!usage)
        return {title, text: _('Nothing is recorded of this day')};
    return {title, text: usage.steps === 0 ? _('Not used') : figures(usage, words).join(' · ')};
}

/**
 * @param {object[]} points - of days.history()
 * @param {object} words - Words
 * @returns {{title: string, text: string}} all days together
 */
export function rangeText(points, words) {
    const _ = words.gettext;
    const known = points.map(({usage}) => usage).filter(usage => usage);
    const title = fill(words.ngettext('Last {count} day', 'Last {count} days', points.length), {count: points.length});
    return {title, text: known.length > 0 ? figures(sum(known), words).join(' · ') : _('No steps yet')};
}

/**
 * @param {object[]} points - of days.history()
 * @param {string} measure - what the bars show
 * @param {object} words - Words
 * @returns {string} the whole chart in words, with the number of every day
 */
export function chartInWords(points, measure, words) {
    const _ = words.gettext;
    const {title, text} = rangeText(points, words);
    const days = points.map(({day, usage}) => `${calendarDay(day, 'date')} ${amountText(amount(usage, measure), measure)}`);
    return `${title}: ${text}. ${measureName(measure, _)}: ${days.join(', ')}`;
}

/**
 * @param {?number} value - of a measure
 * @param {string} measure - which one
 * @returns {string} the number with the measure's mark
 */
export function amountText(value, measure) {
    if (measure === 'fresh' || value === null)
        return compactTokens(value);
    return measure === 'estimated' ? `~${money(value)}` : money(value);
}

/**
 * @param {number} top - the amount at the upper edge of the chart
 * @param {string} measure - which one
 * @returns {string} the number of the scale
 */
export function scaleText(top, measure) {
    return measure === 'fresh' ? roundTokens(top) : amountText(top, measure);
}

/**
 * @param {string} measure - one of MEASURES
 * @param {Function} _ - gettext
 * @returns {string} its name
 */
export function measureName(measure, _) {
    switch (measure) {
    case 'billed': return _('Billed');
    case 'estimated': return _('Estimated');
    default: return _('Fresh tokens');
    }
}
