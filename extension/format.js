// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as text: tokens, rates, costs, instants. No words, so nothing here is translated.
//
// Pure: no imports from the shell. The language's own signs come from Intl. What is not known becomes
// UNKNOWN, never a zero.

import {compactMoney, money} from './currency.js';

export {compactMoney, money};

export const UNKNOWN = '–';

/** @type {[number, string][]} */
const UNITS = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];

const wholeNumber = new Intl.NumberFormat();
const oneDecimal = new Intl.NumberFormat(undefined, {minimumFractionDigits: 1, maximumFractionDigits: 1});
const atMostOneDecimal = new Intl.NumberFormat(undefined, {maximumFractionDigits: 1});
const wholePercent = new Intl.NumberFormat(undefined, {style: 'percent', maximumFractionDigits: 0});
const compactNumber = new Intl.NumberFormat(undefined, {notation: 'compact', maximumFractionDigits: 1});
const countsInThousands = ![1e4, 1e5].some(hasUnitOfItsOwn);
const timeOfDay = new Intl.DateTimeFormat(undefined, {hour: 'numeric', minute: '2-digit'});
const secondOfDay = new Intl.DateTimeFormat(undefined, {hour: 'numeric', minute: '2-digit', second: '2-digit'});
const dayAndTime = new Intl.DateTimeFormat(undefined, {
    day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit',
});
// A day of the service's calendar has no zone: it is formatted in the one it is parsed in.
const shortDay = new Intl.DateTimeFormat(undefined, {weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC'});
const longDay = new Intl.DateTimeFormat(undefined, {weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC'});
const weekdayOnly = new Intl.DateTimeFormat(undefined, {weekday: 'short', timeZone: 'UTC'});
const dayAndMonth = new Intl.DateTimeFormat(undefined, {day: 'numeric', month: 'short', timeZone: 'UTC'});
const localDate = new Intl.DateTimeFormat(undefined, {day: 'numeric', month: 'short'});
const localWeekday = new Intl.DateTimeFormat(undefined, {weekday: 'long'});
const dayOnly = new Intl.DateTimeFormat(undefined, {day: 'numeric', month: 'short', year: 'numeric'});
/** @type {[number, string][]} */
const SIZES = [[1e9, 'gigabyte'], [1e6, 'megabyte'], [1e3, 'kilobyte']];

function hasUnitOfItsOwn(power) {
    const parts = compactNumber.formatToParts(power);
    return parts.some(({type}) => type === 'compact') && parts.find(({type}) => type === 'integer').value.length === 1;
}

/**
 * The letters are those of the command line. A language that does not count in thousands has its own.
 *
 * @param {?number} tokens - a count
 * @returns {string} as in "999", "12.3k", "4.0M", "1.2万"
 */
export function compactTokens(tokens) {
    return compact(tokens, oneDecimal);
}

/**
 * @param {number} tokens - a round count, as on a scale
 * @returns {string} as in "400k", "1.2M"
 */
export function roundTokens(tokens) {
    return compact(tokens, atMostOneDecimal);
}

function compact(tokens, decimals) {
    if (tokens === null)
        return UNKNOWN;

    if (tokens < 1000)
        return wholeNumber.format(Math.round(tokens));

    if (!countsInThousands)
        return compactNumber.format(tokens);

    // 999,950 would be rounded to "1,000.0k": the next unit begins where its own first digit appears.
    const [size, letter] = UNITS.find(([unit]) => tokens >= unit * 0.99995);
    return `${decimals.format(tokens / size)}${letter}`;
}

/**
 * @param {?number} count - of anything
 * @returns {string} all its digits, grouped as the language does
 */
export function wholeNumbers(count) {
    return count === null ? UNKNOWN : wholeNumber.format(count);
}

/**
 * @param {?object} tokens - the five kinds
 * @returns {string} the part of the context that came from the cache
 */
export function cacheHitRate(tokens) {
    const parts = [tokens?.input, tokens?.cacheRead, tokens?.cacheWrite];
    if (parts.some(part => typeof part !== 'number'))
        return UNKNOWN;

    const context = parts.reduce((sum, part) => sum + part, 0);
    return context > 0 ? percent(tokens.cacheRead / context) : UNKNOWN;
}

/**
 * @param {object} usage - as wire.js reads it
 * @returns {string} what OpenCode stored; UNKNOWN where it stored 0 for steps that have no price
 */
export function billedCost(usage) {
    if (usage.costBilledUsd === 0 && usage.unpricedSteps > 0)
        return UNKNOWN;
    return money(usage.costBilledUsd);
}

/**
 * @param {object} usage - as wire.js reads it
 * @returns {string} the estimate with its mark; empty where nothing was estimated
 */
export function estimatedCost(usage) {
    return usage.costEstimatedUsd === null ? '' : `~${money(usage.costEstimatedUsd)}`;
}

/**
 * The cost in the room of one figure. Billed and estimated are put side by side, never added up, and
 * a question mark stands for steps without a price.
 *
 * @param {object} usage - as wire.js reads it
 * @returns {string} as in "$0.42", "~$0.10", "$0.42 + ~$0.10", "$0.42 + ?"
 */
export function compactCost(usage) {
    const parts = [];
    if (usage.costBilledUsd > 0)
        parts.push(compactMoney(usage.costBilledUsd));
    if (usage.costEstimatedUsd !== null)
        parts.push(`~${compactMoney(usage.costEstimatedUsd)}`);
    if (usage.unpricedSteps > 0)
        parts.push('?');
    return parts.length > 0 ? parts.join(' + ') : compactMoney(usage.costBilledUsd);
}

/**
 * @param {number} instantMs - Unix milliseconds
 * @param {number} nowMs - Unix milliseconds
 * @returns {string} the time of day, with the day if it is another one
 */
export function instant(instantMs, nowMs) {
    const sameDay = new Date(instantMs).toDateString() === new Date(nowMs).toDateString();
    return (sameDay ? timeOfDay : dayAndTime).format(new Date(instantMs));
}

/**
 * @param {number} instantMs - Unix milliseconds
 * @returns {string} the time of day to the second
 */
export function timeWithSeconds(instantMs) {
    return secondOfDay.format(new Date(instantMs));
}

/**
 * @param {string} time - of day, as HH:MM
 * @returns {string} the same as the language writes it
 */
export function clock(time) {
    const [hour, minute] = time.split(':').map(Number);
    return timeOfDay.format(new Date(2000, 0, 1, hour, minute));
}

/**
 * @param {number} instantMs - Unix milliseconds
 * @returns {string} the day
 */
export function dayOf(instantMs) {
    return dayOnly.format(new Date(instantMs));
}

/**
 * @param {?number} bytes - a size
 * @returns {string} as in "12.3 MB"
 */
export function fileSize(bytes) {
    if (bytes === null)
        return UNKNOWN;
    const [size, unit] = SIZES.find(([smallest]) => bytes >= smallest) ?? [1, 'byte'];
    return new Intl.NumberFormat(undefined, {
        style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: size === 1 ? 0 : 1,
    }).format(bytes / size);
}

/**
 * @param {?number} share - a part of 1
 * @returns {string} a whole percentage, "<1%" for what is not quite nothing
 */
export function percent(share) {
    if (share === null)
        return UNKNOWN;
    return share > 0 && share < 0.01 ? `<${wholePercent.format(0.01)}` : wholePercent.format(share);
}

const DAY_STYLES = {short: shortDay, long: longDay, weekday: weekdayOnly, date: dayAndMonth};

/**
 * @param {string} day - YYYY-MM-DD
 * @param {string} style - short (Thu, Nov 26), long (Thursday, November 26), weekday (Thu) or date (Nov 26)
 * @returns {string} the day as the language writes it
 */
export function calendarDay(day, style) {
    return DAY_STYLES[style].format(new Date(Date.parse(day)));
}

/**
 * @param {number} momentMs - Unix milliseconds
 * @returns {string} its date in the local zone, without the year
 */
export function dateOf(momentMs) {
    return localDate.format(new Date(momentMs));
}

/**
 * @param {number} momentMs - Unix milliseconds
 * @returns {string} its weekday in the local zone
 */
export function weekdayOf(momentMs) {
    return localWeekday.format(new Date(momentMs));
}
