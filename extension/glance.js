// SPDX-License-Identifier: GPL-3.0-or-later
// What the top bar says: glyph and texts in the user's order, and one accessible name, worked out from the
// service's status.
//
// Pure: the indicator only draws the result. A status without figures has a word of its own, so the
// panel never shows a blank or a zero for what is not known.

import {STATE} from './panelItems.js';
import {panelText, spokenTexts} from './panelTexts.js';
import {fill} from './words.js';

const GLYPH = {glyph: true};
const TROUBLE = ['missing', 'failed', 'gone', 'error', 'stale'];

/** The statuses in which the figures are those of the service: the others show none. */
export function hasFigures(status) {
    return status.kind === 'fresh' || status.kind === 'stale';
}

/**
 * @param {object} view - what is known
 * @param {object} view.client - its getters; only those that are shown are asked
 * @param {object} view.panel - the settings: items, style, alertUsdPerDay, hideWhenUnused
 * @param {object} words - Words
 * @returns {object} segments ({glyph: true}, or {text, alert}), mood, alert (all texts), visible, accessibleName
 */
export function glance({client, panel}, words) {
    const {status} = client;
    return {
        segments: segments({client, panel}, words),
        mood: mood(status, client.state),
        alert: hasFigures(status) && isAboveLimit(client, panel.alertUsdPerDay),
        visible: !panel.hideWhenUnused || TROUBLE.includes(status.kind) || isAnythingRunning(client),
        accessibleName: spoken({client, panel}, words),
    };
}

function segments({client, panel}, words) {
    if (panel.style === 'icon')
        return [GLYPH];

    const found = [];
    for (const item of itemsInOrder(panel)) {
        if (item === STATE)
            found.push(GLYPH);
        else if (hasFigures(client.status))
            append(found, panelText(item, client, words));
        else
            appendOnce(found, {group: 'status', text: withoutFigures(client.status, words), alert: false});
    }
    return found.length > 0 ? found : [GLYPH];
}

function itemsInOrder({items, style}) {
    if (style === 'text')
        return items.filter(item => item !== STATE);
    return items.includes(STATE) ? items : [STATE, ...items];
}

function append(found, segment) {
    const last = found.at(-1);
    if (segment && last?.group === segment.group)
        last.text = last.text === segment.text ? last.text : `${last.text} · ${segment.text}`;
    else if (segment)
        found.push(segment);
}

function appendOnce(found, segment) {
    if (!found.some(({group}) => group === segment.group))
        found.push(segment);
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
    switch (status.kind) {
    case 'fresh': return state === 'busy' || state === 'waiting' ? state : 'idle';
    case 'starting':
    case 'stale': return status.kind;
    case 'empty': return 'idle';
    case 'error': return 'problem';
    default: return 'missing';
    }
}

/** Billed and estimated are not added up: an estimate counts where nothing was billed. */
function isAboveLimit({today}, usdPerDay) {
    return usdPerDay > 0 && (today?.costBilledUsd || today?.costEstimatedUsd) >= usdPerDay;
}

function isAnythingRunning({sessions}) {
    return sessions.some(session => session.state !== 'gone');
}

function spoken({client, panel}, words) {
    const _ = words.gettext;
    if (!hasFigures(client.status))
        return fill(_('OpenCode usage: {text}'), {text: withoutFigures(client.status, words)});

    const parts = [words.state(client.state), ...spokenTexts(panel.items, client, words)];
    if (client.status.kind === 'stale')
        parts.unshift(_('figures are out of date'));
    return fill(_('OpenCode usage: {text}'), {text: parts.join(', ')});
}
