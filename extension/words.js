// SPDX-License-Identifier: GPL-3.0-or-later
// The short phrases that several parts share: states, lapses of time, a usage in one sentence.
//
// Pure: gettext comes in from the extension, so the same code runs in the shell and in the tests.

import {billedCost, cacheHitRate, compactTokens, money, UNKNOWN, wholeNumbers} from './format.js';

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * @param {string} text - with places as in "{count} steps"
 * @param {object} values - what stands in the places
 * @returns {string} the text with its places filled
 */
export function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

export class Words {
    /**
     * @param {object} translations - the extension's own functions
     * @param {Function} translations.gettext - translates a text
     * @param {Function} translations.ngettext - translates a text that has a plural
     */
    constructor({gettext, ngettext}) {
        this.gettext = gettext;
        this.ngettext = ngettext;
    }

    /**
     * @param {string} state - of a run or session
     * @returns {string} the state in words
     */
    state(state) {
        const _ = this.gettext;
        switch (state) {
        case 'busy': return _('Busy');
        case 'waiting': return _('Waiting for you');
        case 'idle': return _('Idle');
        case 'gone': return _('Ended');
        default: return _('State unknown');
        }
    }

    /**
     * @param {string} range - of time, as in panelItems.js
     * @returns {string} its name
     */
    range(range) {
        const _ = this.gettext;
        switch (range) {
        case 'session': return _('Session');
        case 'today': return _('Today');
        case 'month': return _('Month');
        default: return _('Total');
        }
    }

    /**
     * @param {object} pace - as wire.js reads it
     * @param {string} item - of panelItems.js: tokens-per-minute or cost-per-hour
     * @returns {string} as in "1.2k fresh tokens per minute"
     */
    pace(pace, item) {
        const _ = this.gettext;
        if (item === 'tokens-per-minute')
            return fill(_('{tokens} fresh tokens per minute'), {tokens: compactTokens(pace.freshPerMinute)});
        const amounts = this.#amounts(pace.perHour);
        const parts = amounts.length > 0 ? [fill(_('{cost} per hour'), {cost: amounts.join(', ')})] : [];
        return this.#withUnpriced(parts, pace.perHour);
    }

    /**
     * @param {number} lapseMs - milliseconds; a clock that was set back counts as nothing
     * @returns {string} as in "15 minutes"
     */
    lapse(lapseMs) {
        if (lapseMs >= DAY_MS)
            return this.#count(this.ngettext('{count} day', '{count} days', Math.floor(lapseMs / DAY_MS)), lapseMs / DAY_MS);
        if (lapseMs >= HOUR_MS)
            return this.#count(this.ngettext('{count} hour', '{count} hours', Math.floor(lapseMs / HOUR_MS)), lapseMs / HOUR_MS);

        const minutes = Math.max(0, lapseMs) / MINUTE_MS;
        return this.#count(this.ngettext('{count} minute', '{count} minutes', Math.floor(minutes)), minutes);
    }

    #count(text, count) {
        return fill(text, {count: Math.floor(count)});
    }

    /**
     * @param {?number} instantMs - Unix milliseconds; 0 or null before there was any
     * @param {number} nowMs - Unix milliseconds
     * @returns {string} as in "just now", "2 minutes ago"
     */
    ago(instantMs, nowMs) {
        const _ = this.gettext;
        if (!instantMs)
            return _('never');
        if (nowMs - instantMs < MINUTE_MS)
            return _('just now');
        return fill(_('{lapse} ago'), {lapse: this.lapse(nowMs - instantMs)});
    }

    /**
     * @param {number} count - at least 1
     * @returns {string} as in "3 steps"
     */
    steps(count) {
        return fill(this.ngettext('{count} step', '{count} steps', count), {count: wholeNumbers(count)});
    }

    /**
     * @param {number} count - at least 1
     * @returns {string} as in "3 steps without a price"
     */
    unpricedSteps(count) {
        return fill(this.ngettext('{count} step without a price', '{count} steps without a price', count), {count});
    }

    /**
     * @param {object} usage - as wire.js reads it
     * @returns {string} the costs in words, estimated and unpriced named as such
     */
    cost(usage) {
        return this.#withUnpriced(this.#amounts(usage), usage);
    }

    #amounts(usage) {
        const _ = this.gettext;
        const parts = [];
        const billed = billedCost(usage);
        const onlyEstimated = usage.costBilledUsd === 0 && usage.costEstimatedUsd !== null;
        if (billed !== UNKNOWN && !onlyEstimated)
            parts.push(fill(_('{cost} billed'), {cost: billed}));
        if (usage.costEstimatedUsd !== null)
            parts.push(fill(_('about {cost} estimated'), {cost: money(usage.costEstimatedUsd)}));
        return parts;
    }

    #withUnpriced(parts, {unpricedSteps}) {
        const all = unpricedSteps > 0 ? [...parts, this.unpricedSteps(unpricedSteps)] : parts;
        return all.length > 0 ? all.join(', ') : this.gettext('cost unknown');
    }

    /**
     * @param {object} usage - as wire.js reads it
     * @returns {string} as in "12.3k fresh tokens"
     */
    freshTokens(usage) {
        return fill(this.gettext('{tokens} fresh tokens'), {tokens: compactTokens(usage.freshTokens)});
    }

    /**
     * @param {object} usage - as wire.js reads it
     * @returns {string} tokens, cache hit rate and costs, for those who hear the row instead of seeing it
     */
    usage(usage) {
        const _ = this.gettext;
        const parts = [this.freshTokens(usage)];
        const rate = cacheHitRate(usage.tokens);
        if (rate !== UNKNOWN)
            parts.push(fill(_('cache hit rate {rate}'), {rate}));
        return [...parts, this.cost(usage)].join(', ');
    }
}
