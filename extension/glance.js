// SPDX-License-Identifier: GPL-3.0-or-later
// What the top bar says: one text, one icon, one accessible name, worked out from the service's status.
//
// Pure: the indicator only draws the result. A status without figures has a word of its own, so the
// panel never shows a blank or a zero for what is not known.

import {compactCost, compactTokens} from './format.js';
import {fill} from './words.js';

/** The statuses in which the figures are those of the service: the others show none. */
export function hasFigures(status) {
    return status.kind === 'fresh' || status.kind === 'stale';
}

/**
 * @param {object} view - what is known
 * @param {object} view.status - the client's: kind, sinceMs, reason
 * @param {?object} view.run - the latest run
 * @param {string} view.state - of all runs together
 * @param {string} view.shows - the setting: tokens-and-cost, tokens, cost or icon
 * @param {object} words - Words
 * @returns {{text: string, mood: string, accessibleName: string}} mood: busy, waiting, idle, problem or starting
 */
export function glance({status, run, state, shows}, words) {
    const headline = hasFigures(status)
        ? figures(run, shows, words)
        : withoutFigures(status, words);
    return {
        text: shows === 'icon' ? '' : headline,
        mood: mood(status, state),
        accessibleName: spoken({status, run, state}, words),
    };
}

function figures(run, shows, {gettext: _}) {
    if (!run)
        return _('no session');
    const tokens = compactTokens(run.freshTokens);
    if (shows === 'tokens')
        return tokens;
    return shows === 'cost' ? compactCost(run) : `${tokens} · ${compactCost(run)}`;
}

function withoutFigures(status, {gettext: _}) {
    switch (status.kind) {
    case 'starting': return _('starting');
    case 'missing': return _('not installed');
    case 'gone': return _('stopped');
    case 'empty': return _('no data');
    default: return _('error');
    }
}

function mood(status, state) {
    if (status.kind === 'starting')
        return 'starting';
    if (status.kind === 'empty')
        return 'idle';
    if (status.kind !== 'fresh')
        return 'problem';
    return state === 'busy' || state === 'waiting' ? state : 'idle';
}

function spoken({status, run, state}, words) {
    const _ = words.gettext;
    if (!hasFigures(status))
        return fill(_('OpenCode usage: {text}'), {text: withoutFigures(status, words)});

    const parts = [words.state(state), run ? words.usage(run) : _('no session')];
    if (status.kind === 'stale')
        parts.unshift(_('figures are out of date'));
    return fill(_('OpenCode usage: {text}'), {text: parts.join(', ')});
}
