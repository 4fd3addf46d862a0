// SPDX-License-Identifier: GPL-3.0-or-later
// Several texts on one line.
//
// Pure.

const ISOLATE = '\u2068';
const END_OF_ISOLATE = '\u2069';

/**
 * Each part keeps its own direction: paths and names stay whole in a line that runs from right to left, and
 * the line does not turn round because it begins with one.
 *
 * @param {string[]} parts - from first to last; empty ones are left out
 * @returns {string} the line
 */
export function joinParts(parts) {
    return parts.filter(part => part !== '').map(part => `${ISOLATE}${part}${END_OF_ISOLATE}`).join(' · ');
}
