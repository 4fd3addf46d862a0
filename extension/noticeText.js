// SPDX-License-Identifier: GPL-3.0-or-later
// What a notification says: a title and a sentence for each kind of notice that the service sends.
//
// Pure. (What is wrong with the figures themselves is in notice.js.)

import {compactTokens, instant, money, percent} from './format.js';
import {fill} from './words.js';

const TEXTS = {
    finished, idle, waiting, budget, tripwire,
    'compaction_loop': compactionLoop,
};

/**
 * @param {object} notice - as alertWire.js reads it
 * @param {object} around - what else is known
 * @param {?number} around.idleThresholdMs - after which a session counts as idle
 * @param {number} around.nowMs - Unix milliseconds
 * @param {object} words - Words
 * @returns {?{title: string, body: string}} null for a kind that this extension does not know
 */
export function noticeText(notice, around, words) {
    return TEXTS[notice.kind]?.(notice, words, around) ?? null;
}

/**
 * The limit that was passed, raised at a click: half as much again, above what is spent already, and a number that
 * a person would have chosen.
 *
 * @param {object} notice - as alertWire.js reads it
 * @returns {?number} US dollars, of a budget or per minute; null where there is no limit of money, or it is not known
 */
export function raisedLimitUsd({kind, budget: spending, limitUsdPerMinute, usdPerMinute}) {
    switch (kind) {
    case 'budget': return raised(spending.limitUsd, spending.spentUsd);
    case 'tripwire': return raised(limitUsdPerMinute, usdPerMinute);
    default: return null;
    }
}

function raised(limitUsd, spentUsd) {
    if (!limitUsd)
        return null;
    const enough = Math.max(limitUsd * 1.5, (spentUsd ?? 0) * 1.1);
    // Two digits, the second of them 0 or 5, and never less than a cent.
    const step = Math.max(0.01, 10 ** Math.floor(Math.log10(enough)) / 2);
    return Number((Math.ceil(enough / step - 1e-9) * step).toFixed(2));
}

function finished(notice, words) {
    return {title: idleTitle(notice, words), body: turnText(notice, words)};
}

function idle(notice, words, {idleThresholdMs}) {
    const _ = words.gettext;
    const body = idleThresholdMs
        ? fill(_('Nothing has happened for {lapse}.'), {lapse: words.lapse(idleThresholdMs)})
        : _('Nothing has happened for a while.');
    return {title: idleTitle(notice, words), body};
}

function idleTitle({title}, {gettext: _}) {
    return title ? fill(_('OpenCode is idle: {title}'), {title}) : _('OpenCode is idle');
}

function turnText({turn}, words) {
    const _ = words.gettext;
    if (!turn)
        return _('Its turn has ended.');
    return fill(_('This turn: {tokens} fresh tokens, {cost}'), {
        tokens: compactTokens(turn.freshTokens),
        cost: words.cost(turn),
    });
}

function waiting({title, asks}, {gettext: _}) {
    return {
        title: title ? fill(_('OpenCode waits for you: {title}'), {title}) : _('OpenCode waits for you'),
        body: asks === 'question' ? _('It asks a question.') : _('It asks for a permission.'),
    };
}

function budget({budget: spending, threshold}, words, {nowMs}) {
    const share = threshold === null ? spending.share : threshold / 100;
    return {
        title: fill(budgetTitle(spending.period, words.gettext), {percent: percent(share)}),
        body: [spendingText(spending, words, nowMs), ...budgetRemarks(spending, words)].join(' '),
    };
}

function budgetTitle(period, _) {
    switch (period) {
    case 'day': return _('Daily budget: {percent} spent');
    case 'week': return _('Weekly budget: {percent} spent');
    default: return _('Monthly budget: {percent} spent');
    }
}

function spendingText({spentUsd, limitUsd, leftUsd, endsMs}, {gettext: _}, nowMs) {
    const values = {
        spent: money(spentUsd),
        limit: money(limitUsd),
        left: money(leftUsd),
        over: money(leftUsd === null ? null : -leftUsd),
        until: endsMs === null ? '' : instant(endsMs, nowMs),
    };
    if (leftUsd !== null && leftUsd < 0)
        return fill(_('{spent} spent, {over} above the limit of {limit}.'), values);
    return endsMs === null
        ? fill(_('{spent} of {limit} spent, {left} left.'), values)
        : fill(_('{spent} of {limit} spent, {left} left until {until}.'), values);
}

function budgetRemarks({project, counts, unpricedSteps}, words) {
    const _ = words.gettext;
    const remarks = [];
    if (project)
        remarks.push(fill(_('Project: {project}.'), {project}));
    if (counts === 'all')
        remarks.push(_('Billed and estimated cost together.'));
    if (unpricedSteps > 0)
        remarks.push(`${words.unpricedSteps(unpricedSteps)}.`);
    return remarks;
}

function tripwire({usdPerMinute, limitUsdPerMinute, counts, title}, {gettext: _}) {
    const limit = fill(_('Your limit is {limit} per minute.'), {limit: money(limitUsdPerMinute)});
    const spends = counts === 'estimated' ? _('OpenCode spends ~{amount} per minute at list price') : _('OpenCode spends {amount} per minute');
    return {
        title: fill(spends, {amount: money(usdPerMinute)}),
        body: title ? `${limit} ${fill(_('Most of it: {title}.'), {title})}` : limit,
    };
}

function compactionLoop({title, compactions, withinMs}, words) {
    const _ = words.gettext;
    const count = compactions ?? 0;
    const often = words.ngettext('{count} compaction within {lapse}.', '{count} compactions within {lapse}.', count);
    return {
        title: title ? fill(_('OpenCode compacts again and again: {title}'), {title}) : _('OpenCode compacts again and again'),
        body: `${fill(often, {count, lapse: words.lapse(withinMs ?? 0)})} ${_('The session may be stuck in a loop.')}`,
    };
}
