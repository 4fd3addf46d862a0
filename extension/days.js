// SPDX-License-Identifier: GPL-3.0-or-later
// Days of the calendar as the service writes them (YYYY-MM-DD), and the history of the last ones.
//
// Pure. The calendar is the service's: its last day is today, whatever zone the shell is in.

const DAY_MS = 24 * 3600 * 1000;

/**
 * @param {any} day - from the service
 * @returns {boolean} whether it is a day
 */
export function isDay(day) {
    return typeof day === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day));
}

/**
 * @param {number} instantMs - Unix milliseconds
 * @returns {string} its day in the local zone
 */
export function localDay(instantMs) {
    const date = new Date(instantMs);
    return new Date(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())).toISOString().slice(0, 10);
}

/**
 * @param {string} last - the last day
 * @param {number} count - of days
 * @returns {string[]} that many days, oldest first
 */
export function daysUntil(last, count) {
    const lastMs = Date.parse(last);
    return Array.from({length: count}, (_day, i) => new Date(lastMs - (count - 1 - i) * DAY_MS).toISOString().slice(0, 10));
}

/**
 * @param {string} day - any day
 * @returns {string} the first day of its month
 */
export function firstOfMonth(day) {
    return `${day.slice(0, 8)}01`;
}

const NOTHING_USED = {
    tokens: null,
    freshTokens: 0,
    totalTokens: 0,
    steps: 0,
    costBilledUsd: 0,
    costEstimatedUsd: null,
    unpricedSteps: 0,
    models: [],
};

/**
 * What is known of each day. A day without use is 0 only where the history reaches further back: before
 * the first step that was ever recorded nothing is known.
 *
 * @param {string[]} days - oldest first, today last
 * @param {Map<string, object>} usages - by day; days without use may be missing
 * @param {?number} stepsOfAllTime - null if unknown
 * @returns {object[]} day, usage (null: nothing is known), isToday
 */
export function history(days, usages, stepsOfAllTime) {
    const used = days.map(day => usages.get(day)?.steps ?? 0);
    const isOlder = stepsOfAllTime !== null && stepsOfAllTime > used.reduce((sum, steps) => sum + steps, 0);
    const first = isOlder ? 0 : used.findIndex(steps => steps > 0);
    return days.map((day, i) => ({
        day,
        usage: first >= 0 && i >= first ? usages.get(day) ?? NOTHING_USED : null,
        isToday: i === days.length - 1,
    }));
}
