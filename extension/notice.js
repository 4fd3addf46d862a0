// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with the figures, and how to mend it, in a title and a sentence.
//
// Pure. One function for each kind of status that is not "fresh"; `since` is text, null if unknown.

import {instant} from './format.js';
import {fill} from './words.js';

const NOTICES = {starting, missing, failed, gone, stale, empty};

/**
 * @param {object} status - the client's: kind, sinceMs, reason
 * @param {number} nowMs - Unix milliseconds
 * @param {object} words - Words
 * @returns {?{title: string, text: string}} null while the figures are fresh
 */
export function notice(status, nowMs, {gettext}) {
    if (status.kind === 'fresh')
        return null;

    const since = status.sinceMs ? instant(status.sinceMs, nowMs) : null;
    const make = NOTICES[status.kind] ?? noFigures;
    return make({since, reason: status.reason ?? ''}, gettext);
}

function starting(_status, _) {
    return {title: _('Starting'), text: _('The octally service is reading what OpenCode has recorded.')};
}

function missing(_status, _) {
    return {
        title: _('The octally service is not installed'),
        text: _('This extension displays what the program octally counts. Install it from github.com/octally/octally, then choose Refresh Statistics.'),
    };
}

function failed({reason}, _) {
    return {
        title: _('The octally service did not start'),
        text: fill(_('{reason}. Look at “journalctl --user --unit octally”, then choose Refresh Statistics.'), {reason: reason.replace(/\.$/, '')}),
    };
}

function gone({since}, _) {
    return {
        title: fill(_('The octally service stopped at {since}'), {since}),
        text: _('Choose Refresh Statistics to start it again.'),
    };
}

function stale({since, reason}, _) {
    return {title: since ? fill(_('Figures of {since}'), {since}) : _('Figures are out of date'), text: reason};
}

function empty({reason}, _) {
    return {title: _('No OpenCode data yet'), text: reason};
}

function noFigures({since, reason}, _) {
    return {title: since ? fill(_('No figures since {since}'), {since}) : _('No figures'), text: reason};
}
