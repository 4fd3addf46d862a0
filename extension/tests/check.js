// SPDX-License-Identifier: GPL-3.0-or-later
// The little that the pure tests need, in what gjs and node have in common.

let failures = 0;
let passed = 0;

/**
 * @param {string} name - the behaviour
 * @param {Function} body - throws where it is not so
 */
export function test(name, body) {
    try {
        body();
        passed++;
    } catch (error) {
        failures++;
        console.log(`FAILED  ${name}\n        ${error.message}`);
    }
}

/**
 * @param {any} actual - what came out
 * @param {any} expected - what should have, compared as JSON
 */
export function equal(actual, expected) {
    const [have, want] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (have !== want)
        throw new Error(`expected ${want}, got ${have}`);
}

/** Says how it went; throws, and so fails the process, where a test failed. */
export function finish() {
    console.log(`extension: ${passed} passed, ${failures} failed`);
    if (failures > 0)
        throw new Error(`${failures} tests failed`);
}

/** English as it stands in the code, for Words. */
export const untranslated = {
    gettext: text => text,
    ngettext: (one, many, count) => count === 1 ? one : many,
};

/**
 * @param {object} others - what differs from a plain usage
 * @returns {object} a usage as wire.js reads it
 */
export function usage(others = {}) {
    return {
        tokens: {input: 10000, output: 2000, reasoning: 345, cacheRead: 90000, cacheWrite: 0},
        freshTokens: 12345,
        totalTokens: 102345,
        steps: 3,
        costBilledUsd: 0.42,
        costEstimatedUsd: null,
        unpricedSteps: 0,
        models: [],
        ...others,
    };
}
