// SPDX-License-Identifier: GPL-3.0-or-later
// The largest rows of a report with their shares, and the rest as one row.
//
// Pure.

import {amount, sum} from './measures.js';

/**
 * @param {object[]} rows - usages with a name, in any order
 * @param {string} measure - what the shares are shares of
 * @param {number} count - of rows at most, the row of the rest included
 * @returns {object[]} name, usage, share (null if unknown), others (how many rows are in this one; 0: it is one)
 */
export function shares(rows, measure, count) {
    const size = row => amount(row, measure) ?? 0;
    const used = rows.filter(row => row.steps !== 0).sort((a, b) => size(b) - size(a));
    const whole = used.reduce((total, row) => total + size(row), 0);
    const share = usage => amount(usage, measure) === null || whole === 0 ? null : amount(usage, measure) / whole;
    const alone = used.length > count ? used.slice(0, count - 1) : used;
    const rest = used.slice(alone.length);
    const lines = alone.map(usage => ({name: usage.name, usage, share: share(usage), others: 0}));
    if (rest.length > 0)
        lines.push({name: null, usage: sum(rest), share: share(sum(rest)), others: rest.length});
    return lines;
}

/**
 * @param {string[]} paths - of projects
 * @returns {Map<string, string>} the last part of each path, or all of it where two would look the same
 */
export function shortNames(paths) {
    const short = path => path.replace(/\/+$/, '').split('/').pop() || path;
    const taken = paths.map(short);
    return new Map(paths.map((path, i) => [path, taken.indexOf(taken[i]) === taken.lastIndexOf(taken[i]) ? taken[i] : path]));
}
