// SPDX-License-Identifier: GPL-3.0-or-later
// The order of what the top bar shows, as the preferences change it. Pure.

/**
 * @param {string[]} items - that are shown
 * @param {string} item - one of them
 * @param {number} places - to move it by; negative towards the front
 * @returns {string[]} the new order; the same where it is at the end already
 */
export function moveItem(items, item, places) {
    const from = items.indexOf(item);
    const to = from + places;
    if (from < 0 || to < 0 || to >= items.length)
        return items;
    const others = items.filter(other => other !== item);
    return [...others.slice(0, to), item, ...others.slice(to)];
}

/**
 * @param {string[]} items - that are shown
 * @param {string} item - one of them
 * @param {string} target - whose place it takes; the last place where that is not shown
 * @returns {string[]} the new order
 */
export function moveTo(items, item, target) {
    const place = items.indexOf(target);
    return moveItem(items, item, (place < 0 ? items.length - 1 : place) - items.indexOf(item));
}

/**
 * @param {string[]} items - that are shown
 * @param {string[]} known - everything that can be shown
 * @returns {string[]} both: what is shown in its order, then the rest
 */
export function shownFirst(items, known) {
    return [...items, ...known.filter(item => !items.includes(item))];
}
