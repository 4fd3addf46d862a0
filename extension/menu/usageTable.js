// SPDX-License-Identifier: GPL-3.0-or-later
// The table of usage: a row for each range of time, and the pace.

import GObject from 'gi://GObject';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {instant} from '../format.js';
import {RANGES} from '../panelItems.js';
import {usageOf} from '../panelTexts.js';
import {fill} from '../words.js';
import {arrowSpace, cell, nameCell} from './cells.js';
import {PaceRow} from './paceRow.js';
import {untieRow} from './ties.js';
import {UsageRow} from './usageRow.js';

export class UsageTable extends PopupMenu.PopupMenuSection {
    /**
     * @param {object} parts - what it needs
     * @param {object} parts.area - the scroll area that it stands in
     * @param {object} parts.client - the service
     * @param {object} parts.words - Words
     * @param {object} parts.pins - makes the rows' pins
     */
    constructor({area, client, words, pins}) {
        super();
        this._client = client;
        this._words = words;
        this._heading = new Heading(words.gettext);
        this.rows = Object.fromEntries(RANGES.map(range => [range, new UsageRow(range, words, pins)]));
        this._pace = new PaceRow(words, pins);
        for (const item of [this._heading, ...Object.values(this.rows), this._pace])
            this.addMenuItem(item);
        for (const row of Object.values(this.rows))
            area.adopt(row);
    }

    /**
     * @param {boolean} figures - whether there are any
     * @param {number} nowMs - Unix milliseconds
     */
    showFigures(figures, nowMs) {
        this._heading.visible = figures;
        this._pace.visible = figures;
        for (const [range, row] of Object.entries(this.rows))
            this._showUsage(row, range, figures && usageOf(this._client, range), nowMs);
        if (figures)
            this._pace.showPace(this._client.pace);
    }

    _showUsage(row, range, usage, nowMs) {
        row.visible = Boolean(usage);
        if (usage)
            row.showUsage(usage, range === 'session' ? this._runRemarks(usage, nowMs) : []);
    }

    _runRemarks(run, nowMs) {
        const _ = this._words.gettext;
        if (run.basis === 'session')
            return [_('The latest session, with its sub-agents')];
        return run.startedMs ? [fill(_('Since {since}'), {since: instant(run.startedMs, nowMs)})] : [];
    }

    destroy() {
        for (const row of Object.values(this.rows))
            untieRow(this, row);
        this._client = null;
        super.destroy();
    }
}

class Heading extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(_) {
        // No focus: each row's accessible name says the heading's words.
        super({reactive: false, can_focus: false, style_class: 'octally-row octally-heading'});
        this.add_child(nameCell());
        this.add_child(cell('octally-number octally-tokens', _('Fresh tokens')));
        this.add_child(cell('octally-number octally-rate', _('Cache hits')));
        this.add_child(cell('octally-number octally-cost', _('Billed')));
        this.add_child(cell('octally-number octally-cost', _('Estimated')));
        this.add_child(arrowSpace());
    }
}
