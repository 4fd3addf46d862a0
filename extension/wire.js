// SPDX-License-Identifier: GPL-3.0-or-later
// The dictionaries of the D-Bus contract, turned into plain objects with this extension's spelling.
//
// The one place that knows the contract's snake_case keys. Input is what GLib.Variant.recursiveUnpack()
// gives. What the service leaves out, or sends with another type, is null here, never 0. Pure: no imports
// from the shell.

import {UNKNOWN} from './format.js';
import {dictionaries, dictionary, instantMs, number, positive, text} from './typed.js';

/**
 * @param {object} dict - a usage dictionary; {} or undefined where there is none
 * @returns {?object} tokens and steps as counts, costs in US dollars; null for an empty dictionary
 */
export function readUsage(dict) {
    return isEmpty(dict) ? null : usageOf(dict);
}

function isEmpty(dict) {
    return Object.keys(dictionary(dict)).length === 0;
}

// Of an entry that is there, however little it tells.
function usageOf(dict) {
    return {
        tokens: readTokens(dictionary(dict['tokens'])),
        freshTokens: positive(dict['fresh']),
        totalTokens: positive(dict['total']),
        steps: positive(dict['steps']),
        costBilledUsd: positive(dict['cost_billed_usd']),
        // 0 is sent where there was nothing to estimate: what is free at list price counts as billed.
        costEstimatedUsd: positive(dict['cost_estimated_usd']) || null,
        unpricedSteps: positive(dict['unpriced_steps']) ?? 0,
        models: dictionaries(dict['models']).map(readModel),
    };
}

function readTokens(tokens) {
    return {
        input: positive(tokens['input']),
        output: positive(tokens['output']),
        reasoning: positive(tokens['reasoning']),
        cacheRead: positive(tokens['cache_read']),
        cacheWrite: positive(tokens['cache_write']),
    };
}

function readModel(dict) {
    return {...usageOf(dict), model: text(dict['model']) ?? UNKNOWN};
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
        basis: text(dict['basis']),
        id: text(dict['id']),
        state: text(dict['state']) ?? 'unknown',
        startedMs: instantMs(dict['started_ms']),
        lastActivityMs: instantMs(dict['last_activity_ms']),
    };
}

/**
 * @param {object} dict - one entry of the property Week
 * @returns {object} the usage of one local day, with day as YYYY-MM-DD
 */
export function readDay(dict) {
    return {...usageOf(dict), day: text(dict['day'])};
}

/**
 * @param {object} dict - the property Pace
 * @returns {?object} fresh tokens a minute, and the costs of an hour, as a usage has them, since sinceMs; null while nothing is used
 */
export function readPace(dict) {
    if (isEmpty(dict))
        return null;

    return {
        freshPerMinute: positive(dict['fresh_per_minute']),
        perHour: {
            costBilledUsd: positive(dict['cost_per_hour_usd']),
            costEstimatedUsd: positive(dict['estimated_per_hour_usd']) || null,
            unpricedSteps: positive(dict['unpriced_steps']) ?? 0,
        },
        sinceMs: instantMs(dict['since_ms']),
    };
}

/**
 * @param {object} dict - one entry of the property Budgets
 * @returns {object} money in US dollars, shares as parts of 1, warnAt and crossed in percent, instants in Unix milliseconds
 */
export function readBudget(dict) {
    return {
        id: text(dict['id']),
        period: text(dict['period']),
        project: text(dict['project']),
        counts: text(dict['counts']) ?? 'billed',
        limitUsd: positive(dict['limit_usd']),
        spentUsd: positive(dict['spent_usd']),
        leftUsd: number(dict['left_usd']),
        share: positive(dict['share']),
        expectedShare: positive(dict['expected_share']),
        expectedUsd: positive(dict['expected_usd']),
        startsMs: instantMs(dict['starts_ms']),
        endsMs: instantMs(dict['ends_ms']),
        warnAt: Array.isArray(dict['warn_at']) ? dict['warn_at'] : [],
        crossed: positive(dict['crossed']),
        unpricedSteps: positive(dict['unpriced_steps']) ?? 0,
    };
}

/**
 * @param {object} dict - one entry of the property Sessions
 * @returns {object} the usage of one live session, inclusive of its sub-agents
 */
export function readSession(dict) {
    return {
        ...usageOf(dict),
        id: text(dict['id']) ?? UNKNOWN,
        title: text(dict['title']),
        project: text(dict['project']),
        parent: text(dict['parent']),
        model: text(dict['model']),
        agent: text(dict['agent']),
        state: text(dict['state']) ?? 'unknown',
        sinceMs: instantMs(dict['since_ms']),
        lastActivityMs: instantMs(dict['last_activity_ms']),
    };
}

/**
 * @param {object} dict - one row of the method Report
 * @param {string} by - what the rows are: day, model, project or agent
 * @returns {object} a usage, with name: the day, model, ...; null where OpenCode recorded none
 */
export function readRow(dict, by) {
    return {...usageOf(dict), name: text(dict[by])};
}

/**
 * @param {object} dict - the answer of the method Describe
 * @returns {object} the session's models and sub-agents, largest first, and its turns, newest first
 */
export function readDescription(dict) {
    return {
        models: dictionaries(dict['models']).map(readModel),
        subAgents: dictionaries(dict['sub_agents']).map(readSubAgent),
        turns: dictionaries(dict['turns']).map(readTurn),
    };
}

function readSubAgent(dict) {
    return {
        ...usageOf(dict),
        id: text(dict['id']),
        title: text(dict['title']),
        agent: text(dict['agent']),
    };
}

function readTurn(dict) {
    return {
        ...usageOf(dict),
        model: text(dict['model']),
        startedMs: instantMs(dict['started_ms']),
        endedMs: instantMs(dict['ended_ms']),
    };
}

/**
 * @param {object} dict - the property Freshness
 * @returns {{kind: string, sinceMs: ?number, reason: ?string}} kind: fresh, stale, empty or error
 */
export function readFreshness(dict) {
    return {
        kind: text(dict['state']) ?? 'error',
        sinceMs: instantMs(dict['since_ms']),
        reason: text(dict['reason']),
    };
}

/**
 * @param {object} result - of the method Refresh
 * @returns {{problems: object[]}} what could not be read: what, place, remedy
 */
export function readRefresh(result) {
    return {
        problems: dictionaries(result['problems']).map(problem => ({
            what: text(problem['what']) ?? UNKNOWN,
            place: text(problem['where']) ?? UNKNOWN,
            remedy: text(problem['remedy']) ?? '',
        })),
    };
}
