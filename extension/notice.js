// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with the figures, and how to mend it, in a title and a sentence.
//
// Pure. One function for each status of the client that is not "fresh".

import {instant} from './format.js';
import {fill} from './words.js';

/**
 * @param {object} status - the client's: kind, sinceMs, reason
 * @param {number} nowMs - Unix milliseconds
 * @param {object} words - Words
 * @returns {?{title: string, text: string}} null while the figures are fresh
 */
export function notice(status, nowMs, {gettext: _}) {
    const since = status.sinceMs ? instant(status.sinceMs, nowMs) : null;
    switch (status.kind) {
    case 'fresh':
        return null;
    case 'starting':
        return {title: _('Starting'), text: _('The octally service is reading what OpenCode has recorded.')};
    case 'missing':
        return missing(_);
    case 'failed':
        return failed(status, _);
    case 'gone':
        return gone(since, _);
    case 'stale':
        return {title: since ? fill(_('Figures of {since}'), {since}) : _('Figures are out of date'), text: status.reason ?? ''};
    case 'empty':
        return {title: _('No OpenCode data yet'), text: status.reason ?? ''};
    default:
        return {title: since ? fill(_('No figures since {since}'), {since}) : _('No figures'), text: status.reason ?? ''};
    }
}

function missing(_) {
    return {
        title: _('The octally service is not installed'),
        text: _('This extension displays what the program octally counts. Install it from github.com/octally/octally, then choose Refresh Statistics.'),
    };
}

function failed(status, _) {
    return {
        title: _('The octally service did not start'),
        text: fill(_('{reason} Look at “journalctl --user --unit octally”, then choose Refresh Statistics.'), {reason: status.reason}),
    };
}

function gone(since, _) {
    return {
        title: fill(_('The octally service stopped at {since}'), {since}),
        text: _('Choose Refresh Statistics to start it again.'),
    };
}
