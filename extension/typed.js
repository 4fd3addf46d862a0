// SPDX-License-Identifier: GPL-3.0-or-later
// Values of the service's dictionaries, as the contract types them, whatever has arrived.
//
// What is missing or of another type is unknown. So a service that is wrong, or newer than this extension,
// shows as a dash and never as an error in the shell's log. Pure.

// Nothing that is shown is longer, and a text of megabytes would hold up the shell while it is laid out.
const LONGEST_TEXT = 500;

// The last millisecond that a Date can be; a later one cannot be formatted.
const LAST_INSTANT_MS = 8.64e15;

/**
 * @param {any} value - of a key
 * @returns {?string} on one line, cut where it is longer than anything that is shown
 */
export function text(value) {
    // eslint-disable-next-line no-control-regex -- these are what is taken out
    return typeof value === 'string' ? value.slice(0, LONGEST_TEXT).replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ') : null;
}

/**
 * @param {any} value - of a key
 * @returns {?number} a finite number
 */
export function number(value) {
    return Number.isFinite(value) ? value : null;
}

/**
 * @param {any} value - of a key
 * @returns {?number} a count, a share or a sum of money: 0 or more
 */
export function positive(value) {
    return Number.isFinite(value) && value >= 0 ? value : null;
}

/**
 * @param {any} value - of a key
 * @returns {?number} Unix milliseconds
 */
export function instantMs(value) {
    return Number.isFinite(value) && value >= 0 && value <= LAST_INSTANT_MS ? value : null;
}

/**
 * @param {any} value - of a key
 * @returns {object} a dictionary; an empty one where there is none
 */
export function dictionary(value) {
    return isDictionary(value) ? value : {};
}

/**
 * @param {any} value - of a key
 * @returns {object[]} a list of dictionaries
 */
export function dictionaries(value) {
    return Array.isArray(value) ? value.filter(isDictionary) : [];
}

function isDictionary(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
