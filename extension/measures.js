// SPDX-License-Identifier: GPL-3.0-or-later
// What bars can measure: fresh tokens, what was billed, what is estimated. Never two of them together.
//
// Pure.

export const MEASURES = ['fresh', 'billed', 'estimated'];

/**
 * @param {?object} usage - as wire.js reads it; null where nothing is known
 * @param {string} measure - one of MEASURES
 * @returns {?number} tokens or US dollars; null if unknown
 */
export function amount(usage, measure) {
    if (!usage)
        return null;
    if (measure === 'fresh')
        return usage.freshTokens;
    const known = measure === 'billed' ? usage.costBilledUsd : usage.costEstimatedUsd ?? 0;
    // Steps without a price may have cost anything.
    return known === 0 && usage.unpricedSteps > 0 ? null : known;
}

/**
 * @param {?object[]} usages - those that are to be drawn
 * @returns {string[]} the measures in which there is something to see; fresh tokens always
 */
export function sensibleMeasures(usages) {
    return MEASURES.filter(measure => measure === 'fresh' || usages.some(usage => amount(usage, measure) > 0));
}

/**
 * @param {string} wanted - the user's choice
 * @param {string[]} sensible - what there is to choose from
 * @returns {string} the choice, or fresh tokens where it makes no sense now
 */
export function measureToShow(wanted, sensible) {
    return sensible.includes(wanted) ? wanted : 'fresh';
}

/**
 * @param {object[]} usages - as wire.js reads them
 * @returns {object} their sum, kind by kind; unknown where one of them is
 */
export function sum(usages) {
    const add = key => usages.reduce((total, usage) => total === null || usage[key] === null ? null : total + usage[key], 0);
    const estimates = usages.map(usage => usage.costEstimatedUsd).filter(usd => usd !== null);
    return {
        tokens: null,
        freshTokens: add('freshTokens'),
        totalTokens: add('totalTokens'),
        steps: add('steps'),
        costBilledUsd: add('costBilledUsd'),
        costEstimatedUsd: estimates.length > 0 ? estimates.reduce((total, usd) => total + usd, 0) : null,
        unpricedSteps: add('unpricedSteps'),
        models: [],
    };
}
