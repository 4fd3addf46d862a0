// SPDX-License-Identifier: GPL-3.0-or-later
// The dictionaries of the D-Bus contract, turned into plain objects with this extension's spelling.
//
// The one place that knows the contract's snake_case keys. Input is what GLib.Variant.recursiveUnpack()
// gives. What the service leaves out is null here, never 0. Pure: no imports from the shell.

/**
 * @param {object} dict - a usage dictionary; {} or undefined where there is none
 * @returns {?object} tokens and steps as counts, costs in US dollars; null for an empty dictionary
 */
export function readUsage(dict) {
    if (!dict || Object.keys(dict).length === 0)
        return null;

    return {
        tokens: readTokens(dict['tokens']),
        freshTokens: dict['fresh'] ?? null,
        totalTokens: dict['total'] ?? null,
        steps: dict['steps'] ?? null,
        costBilledUsd: dict['cost_billed_usd'] ?? null,
        // 0 is sent where there was nothing to estimate: what is free at list price counts as billed.
        costEstimatedUsd: dict['cost_estimated_usd'] || null,
        unpricedSteps: dict['unpriced_steps'] ?? 0,
        models: (dict['models'] ?? []).map(readModel),
    };
}

function readTokens(tokens) {
    return {
        input: tokens?.['input'] ?? null,
        output: tokens?.['output'] ?? null,
        reasoning: tokens?.['reasoning'] ?? null,
        cacheRead: tokens?.['cache_read'] ?? null,
        cacheWrite: tokens?.['cache_write'] ?? null,
    };
}

function readModel(dict) {
    return {...readUsage(dict), model: dict['model']};
}

/**
 * @param {object} dict - the property Session
 * @returns {?object} the usage of the latest run, with basis and instants in Unix milliseconds
 */
export function readRun(dict) {
    const usage = readUsage(dict);
    if (!usage)
        return null;

    return {
        ...usage,
        basis: dict['basis'],
        id: dict['id'],
        state: dict['state'] ?? 'unknown',
        startedMs: dict['started_ms'] ?? null,
        lastActivityMs: dict['last_activity_ms'] ?? null,
    };
}

/**
 * @param {object} dict - one entry of the property Week
 * @returns {object} the usage of one local day, with day as YYYY-MM-DD
 */
export function readDay(dict) {
    return {...readUsage(dict), day: dict['day']};
}

/**
 * @param {object} dict - the property Pace
 * @returns {?object} fresh tokens a minute and US dollars an hour since sinceMs; null while nothing is used
 */
export function readPace(dict) {
    if (!dict || Object.keys(dict).length === 0)
        return null;

    return {
        freshPerMinute: dict['fresh_per_minute'] ?? null,
        costPerHourUsd: dict['cost_per_hour_usd'] ?? null,
        estimatedPerHourUsd: dict['estimated_per_hour_usd'] || null,
        sinceMs: dict['since_ms'] ?? null,
    };
}

/**
 * @param {object} dict - one entry of the property Budgets
 * @returns {object} money in US dollars, shares as parts of 1, warnAt and crossed in percent, instants in Unix milliseconds
 */
export function readBudget(dict) {
    const known = key => dict[key] ?? null;
    return {
        id: dict['id'],
        period: dict['period'],
        project: known('project'),
        counts: dict['counts'] ?? 'billed',
        limitUsd: known('limit_usd'),
        spentUsd: known('spent_usd'),
        leftUsd: known('left_usd'),
        share: known('share'),
        expectedShare: known('expected_share'),
        expectedUsd: known('expected_usd'),
        startsMs: known('starts_ms'),
        endsMs: known('ends_ms'),
        warnAt: dict['warn_at'] ?? [],
        crossed: known('crossed'),
        unpricedSteps: dict['unpriced_steps'] ?? 0,
    };
}

/**
 * @param {object} dict - one entry of the property Sessions
 * @returns {object} the usage of one live session, inclusive of its sub-agents
 */
export function readSession(dict) {
    return {
        ...readUsage(dict),
        id: dict['id'],
        title: dict['title'] ?? null,
        project: dict['project'] ?? null,
        parent: dict['parent'] ?? null,
        model: dict['model'] ?? null,
        agent: dict['agent'] ?? null,
        state: dict['state'] ?? 'unknown',
        sinceMs: dict['since_ms'] ?? null,
        lastActivityMs: dict['last_activity_ms'] ?? null,
    };
}

/**
 * @param {object} dict - the property Freshness
 * @returns {{kind: string, sinceMs: ?number, reason: ?string}} kind: fresh, stale, empty or error
 */
export function readFreshness(dict) {
    return {
        kind: dict['state'],
        sinceMs: dict['since_ms'] ?? null,
        reason: dict['reason'] ?? null,
    };
}

/**
 * @param {object} details - of the signal Idle
 * @returns {object} cause ("finished" or "threshold"), and the turn's usage where the turn ended
 */
export function readIdle(details) {
    return {
        ...readAttention(details),
        cause: details['cause'],
        turn: readUsage(details['turn']),
    };
}

/**
 * @param {object} details - of the signal Waiting
 * @returns {object} kind: "permission" or "question"
 */
export function readWaiting(details) {
    return {...readAttention(details), kind: details['kind']};
}

function readAttention(details) {
    return {
        title: details['title'] ?? null,
        project: details['project'] ?? null,
        sinceMs: details['since_ms'] ?? null,
    };
}

/**
 * @param {object} result - of the method Refresh
 * @returns {{problems: object[]}} what could not be read: what, place, remedy
 */
export function readRefresh(result) {
    return {
        problems: (result['problems'] ?? []).map(problem => ({
            what: problem['what'],
            place: problem['where'],
            remedy: problem['remedy'],
        })),
    };
}
