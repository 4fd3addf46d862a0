// SPDX-License-Identifier: GPL-3.0-or-later
// The quiet hours of the configuration, as in "22:00-07:00". Pure.

// As the service takes them, which keeps them as they were written.
const HOURS = /^\s*(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})\s*$/;

/** What is offered first. */
export const USUAL = {from: '22:00', to: '07:00'};

/**
 * @param {string} text - of the setting
 * @returns {?{from: string, to: string}} null where there are none
 */
export function readQuietHours(text) {
    const [, from, to] = text.match(HOURS) ?? [];
    return from ? {from: from.padStart(5, '0'), to: to.padStart(5, '0')} : null;
}

/**
 * @param {{from: string, to: string}} hours - times of day as HH:MM
 * @returns {string} for the setting
 */
export function writeQuietHours({from, to}) {
    return `${from}-${to}`;
}

/**
 * @param {string} time - one that is to be among them
 * @returns {string[]} the times that can be chosen: every half hour
 */
export function timesOfDay(time) {
    const halves = Array.from({length: 48}, (_half, i) => `${String(Math.floor(i / 2)).padStart(2, '0')}:${i % 2 ? '30' : '00'}`);
    return halves.includes(time) ? halves : [...halves, time].sort();
}
