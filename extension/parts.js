// SPDX-License-Identifier: GPL-3.0-or-later
// Several texts on one line.
//
// Pure.

const ISOLATE = '\u2068';
const END_OF_ISOLATE = '\u2069';
const RIGHT_TO_LEFT = '\u200f';

// Hebrew, Arabic, and their neighbours.
const RIGHT_TO_LEFT_LETTER = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/**
 * Each part keeps its own direction: paths and names stay whole in a line that runs from right to left. The line
 * runs as its last part does, which is in the user's language, even where it begins with a path.
 *
 * @param {string[]} parts - from first to last; empty ones are left out
 * @returns {string} the line
 */
export function joinParts(parts) {
    const line = parts.filter(part => part !== '').map(part => `${ISOLATE}${part}${END_OF_ISOLATE}`).join(' · ');
    return RIGHT_TO_LEFT_LETTER.test(parts.at(-1)) ? `${RIGHT_TO_LEFT}${line}` : line;
}
