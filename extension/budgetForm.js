// SPDX-License-Identifier: GPL-3.0-or-later
// A budget as the preferences list it and as a person types it.
//
// Pure.

import {money, percent} from './format.js';
import {joinParts} from './parts.js';
import {fill} from './words.js';

export const PERIODS = ['day', 'week', 'month'];

/**
 * @param {object} budget - as wire.js reads it
 * @param {Function} _ - gettext
 * @returns {string} as in "$5.00 a day"
 */
export function limitText({period, limitUsd}, _) {
    const limit = money(limitUsd);
    switch (period) {
    case 'day': return fill(_('{limit} a day'), {limit});
    case 'week': return fill(_('{limit} a week'), {limit});
    default: return fill(_('{limit} a month'), {limit});
    }
}

/**
 * @param {object} budget - as wire.js reads it
 * @param {Function} _ - gettext
 * @returns {string} its name, what it counts, and how much of it is spent
 */
export function stateText({id, project, counts, spentUsd, share}, _) {
    const parts = [id, project ?? _('All projects')];
    if (counts === 'all')
        parts.push(_('billed and estimated together'));
    parts.push(fill(_('{spent} spent, {percent}'), {spent: money(spentUsd), percent: percent(share)}));
    return joinParts(parts);
}

/**
 * @param {string} text - as in "50, 80 and 100"
 * @returns {?number[]} the percents; null where there is anything else but numbers and what stands between them
 */
export function readPercents(text) {
    const words = text.split(/[\s,;%]+/).filter(word => word !== '');
    return words.every(word => /^\d{1,6}$/.test(word)) ? words.map(Number) : null;
}

/**
 * @param {string} period - of a new budget
 * @param {string[]} ids - that are taken
 * @returns {string} a free one, as in "month" or "month-2"
 */
export function freeId(period, ids) {
    if (!ids.includes(period))
        return period;
    let number = 2;
    while (ids.includes(`${period}-${number}`))
        number++;
    return `${period}-${number}`;
}
