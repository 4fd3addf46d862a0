// SPDX-License-Identifier: GPL-3.0-or-later
// The dictionaries of the contract's Data1: where the data is, how much there is, what the doctor found.
//
// As wire.js: the contract's snake_case keys become this extension's spelling. Pure.

import {dictionaries, instantMs, positive, text} from './typed.js';

/**
 * @param {object} dict - what Describe answers
 * @returns {object} sizes in bytes, steps as counts, instants in Unix milliseconds, money in US dollars
 */
export function readData(dict) {
    return {
        ledger: text(dict['ledger']) ?? '',
        ledgerBytes: positive(dict['ledger_bytes']),
        steps: positive(dict['steps']),
        sessions: positive(dict['sessions']),
        firstStepMs: instantMs(dict['first_step_ms']),
        keepMonths: positive(dict['keep_months']),
        projects: dictionaries(dict['projects']).map(readProject),
        sources: dictionaries(dict['sources']).map(readSource),
    };
}

function readProject(dict) {
    return {
        project: text(dict['project']) ?? '',
        steps: positive(dict['steps']),
        costBilledUsd: positive(dict['cost_billed_usd']),
    };
}

function readSource(dict) {
    return {
        path: text(dict['path']) ?? '',
        generation: text(dict['generation']) ?? '',
        messages: positive(dict['messages']),
        newestMs: instantMs(dict['newest_ms']),
        problems: positive(dict['problems']) ?? 0,
    };
}

/**
 * @param {object[]} checks - what Diagnose answers
 * @returns {object[]} name, verdict (ok, note, warning or error), what and remedy, the latter two '' where there is none
 */
export function readChecks(checks) {
    return dictionaries(checks).map(check => ({
        name: text(check['name']) ?? '',
        verdict: text(check['verdict']) ?? 'error',
        what: text(check['what']) ?? '',
        remedy: text(check['remedy']) ?? '',
    }));
}
