// SPDX-License-Identifier: GPL-3.0-or-later
// The dictionaries of the contract's Alerts1: notices, and what the configuration says of them.
//
// As wire.js: the contract's snake_case keys become this extension's spelling. Pure.

import {dictionary, instantMs, positive, text} from './typed.js';
import {readBudget, readUsage} from './wire.js';

// What can be set, and the types that the contract wants it in.
const SETTINGS = {
    finished: ['finished', 'b'],
    minTurnSeconds: ['min_turn_seconds', 'u'],
    idle: ['idle', 'b'],
    idleThresholdMinutes: ['idle_threshold_minutes', 'u'],
    waiting: ['waiting', 'b'],
    budgets: ['budgets', 'b'],
    tripwireUsdPerMinute: ['tripwire_usd_per_minute', 'd'],
    compactionLoop: ['compaction_loop', 'b'],
    quietHours: ['quiet_hours', 's'],
    speaker: ['speaker', 's'],
};

const VALUE = {b: truth, u: positive, d: positive, s: text};

const BUDGET = {
    period: ['period', 's'],
    limitUsd: ['limit_usd', 'd'],
    project: ['project', 's'],
    counts: ['counts', 's'],
    warnAt: ['warn_at', 'au'],
};

/**
 * @param {object} details - of the signal Alert, or one entry of the property Notices
 * @returns {object} id, kind, and what belongs to the kind; money in US dollars, instants in Unix milliseconds
 */
export function readNotice(details) {
    return {
        id: text(details['id']),
        kind: text(details['kind']),
        sinceMs: instantMs(details['since_ms']),
        sessionId: text(details['session_id']),
        title: text(details['title']),
        project: text(details['project']),
        asks: text(details['asks']),
        turn: readUsage(details['turn']),
        budget: readBudget(dictionary(details['budget'])),
        threshold: positive(details['threshold']),
        usdPerMinute: positive(details['usd_per_minute']),
        limitUsdPerMinute: positive(details['limit_usd_per_minute']),
        counts: text(details['counts']),
        compactions: positive(details['compactions']),
        withinMs: positive(details['within_ms']),
    };
}

/**
 * @param {object} dict - the property Settings
 * @returns {?object} what can be set, and whether OpenCode speaks of itself (null: unknown); null before it is told
 */
export function readSettings(dict) {
    if (Object.keys(dictionary(dict)).length === 0)
        return null;

    const settings = Object.entries(SETTINGS).map(([ours, [theirs, signature]]) => [ours, VALUE[signature](dict[theirs])]);
    return {...Object.fromEntries(settings), opencodeSpeaks: truth(dict['opencode_speaks'])};
}

function truth(value) {
    return typeof value === 'boolean' ? value : null;
}

/**
 * @param {object} changes - some of what can be set
 * @returns {object} the contract's key -> [signature, value]
 */
export function settingsChanges(changes) {
    return typed(SETTINGS, changes);
}

/**
 * @param {object} budget - what is to change of it; a project of '' counts all projects
 * @returns {object} the contract's key -> [signature, value]
 */
export function budgetChanges(budget) {
    return typed(BUDGET, budget);
}

function typed(types, changes) {
    return Object.fromEntries(Object.entries(changes).map(([ours, value]) => {
        const [theirs, signature] = types[ours];
        return [theirs, [signature, value]];
    }));
}
