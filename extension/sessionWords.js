// SPDX-License-Identifier: GPL-3.0-or-later
// The lines below an unfolded session: its models, its sub-agents, its last turns.
//
// Pure.

import {instant} from './format.js';
import {fill} from './words.js';

const MOST = 5;

/**
 * @param {object} description - as wire.js reads it
 * @param {number} nowMs - Unix milliseconds
 * @param {object} words - Words
 * @returns {object[]} name, and usage; null where the line is the heading of those after it, or says how many more there are
 */
export function detailLines({models, subAgents, turns}, nowMs, words) {
    const _ = words.gettext;
    return [
        ...group(_('Models'), models, ({model}) => model, words),
        ...group(_('Sub-agents'), subAgents, agent => subAgentName(agent, _), words),
        ...group(_('Last turns'), turns, turn => turnName(turn, nowMs, _), words),
    ];
}

function group(heading, usages, name, words) {
    if (usages.length === 0)
        return [];

    const lines = usages.slice(0, MOST).map(usage => ({name: name(usage), usage}));
    const more = usages.length - lines.length;
    if (more > 0)
        lines.push({name: fill(words.ngettext('{count} more', '{count} more', more), {count: more}), usage: null});
    return [{name: heading, usage: null, isHeading: true}, ...lines];
}

function subAgentName({agent, title, id}, _) {
    return [agent, title].filter(part => part).join(' · ') || id || _('Not recorded');
}

function turnName({startedMs, model}, nowMs, _) {
    const when = startedMs === null ? _('Time unknown') : instant(startedMs, nowMs);
    return model ? `${when} · ${model}` : when;
}
