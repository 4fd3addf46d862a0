// SPDX-License-Identifier: GPL-3.0-or-later
// The menu below the indicator: a notice, the usage table, the running sessions, the chart, where the usage
// went, the budgets; and below what scrolls, refresh and settings.
//
// It is drawn when it opens and while it is open. A closed menu does nothing at all; its only timer
// keeps "2 minutes ago" right and lives as long as the menu is open.

import GLib from 'gi://GLib';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {instant} from '../format.js';
import {hasFigures} from '../glance.js';
import {notice} from '../notice.js';
import {fill} from '../words.js';
import {BreakdownSection} from './breakdownSection.js';
import {BudgetSection} from './budgetSection.js';
import {arrowSpace, cell, nameCell} from './cells.js';
import {ChartSection} from './chartSection.js';
import {fitToScreen} from './fit.js';
import {NoticeItem} from './noticeItem.js';
import {RefreshSection} from './refreshSection.js';
import {ScrollArea} from './scrollArea.js';
import {SessionList} from './sessionList.js';
import {untieRow, untieSection} from './ties.js';
import {UsageRow} from './usageRow.js';

const RELATIVE_TIMES_S = 15;

export class UsageMenu {
    constructor({menu, client, settings, words, openPreferences}) {
        this._menu = menu;
        this._client = client;
        this._words = words;
        this._timerId = 0;
        this._addItems({client, settings, words});
        this._addActions(openPreferences);
        St.Settings.get().connectObject('notify::high-contrast', () => this._showContrast(), this);
        this._showContrast();
        menu.actor.add_style_class_name('octally-menu');
        this._openStateId = menu.connect('open-state-changed', (_menu, open) => this._openStateChanged(open));
        client.connectObject('changed', () => this._redrawIfOpen(), this);
    }

    _addItems({client, settings, words}) {
        const _ = words.gettext;
        this._notice = new NoticeItem();
        this._heading = makeHeading(_);
        this._run = new UsageRow(_('Session'), words);
        this._today = new UsageRow(_('Today'), words);
        this._total = new UsageRow(_('Total'), words);
        this._area = new ScrollArea();
        this._sessions = new SessionList({area: this._area, client, words});
        this._chart = new ChartSection({client, settings, words});
        this._breakdown = new BreakdownSection({client, settings, words});
        this._budgets = new BudgetSection(words);
        for (const item of [
            this._notice, this._heading, this._run, this._today, this._total, this._sessions, this._chart, this._breakdown, this._budgets,
        ])
            this._area.addMenuItem(item);
        this._menu.addMenuItem(this._area);
    }

    _addActions(openPreferences) {
        this._refresh = new RefreshSection(this._client, this._words);
        this._settings = new PopupMenu.PopupMenuItem(this._words.gettext('Settings'));
        this._settings.connect('activate', openPreferences);
        for (const item of [new PopupMenu.PopupSeparatorMenuItem(), this._refresh, this._settings])
            this._menu.addMenuItem(item);
    }

    _showContrast() {
        if (St.Settings.get().high_contrast)
            this._menu.actor.add_style_class_name('octally-contrast');
        else
            this._menu.actor.remove_style_class_name('octally-contrast');
    }

    _openStateChanged(open) {
        this._stopTimer();
        if (!open) {
            this._rest();
            return;
        }
        this._area.followFocus();
        this._area.scrollToTop();
        this._refresh.forgetOutcome();
        this._redraw();
        fitToScreen(this._menu);
        this._timerId = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, RELATIVE_TIMES_S, () => {
            this._redraw();
            return GLib.SOURCE_CONTINUE;
        });
    }

    _rest() {
        this._area.stopFollowing();
        this._chart.rest();
    }

    _stopTimer() {
        if (this._timerId)
            GLib.source_remove(this._timerId);
        this._timerId = 0;
    }

    _redrawIfOpen() {
        if (this._menu.isOpen)
            this._redraw();
    }

    _redraw() {
        const nowMs = Date.now();
        const {status} = this._client;
        const figures = hasFigures(status);
        this._notice.showNotice(notice(status, nowMs, this._words));
        this._heading.visible = figures;
        this._redrawRun(figures && this._client.run, nowMs);
        showUsage(this._today, figures && this._client.today);
        showUsage(this._total, figures && this._client.total);
        this._sessions.showSessions(figures ? this._client.sessions : [], nowMs);
        this._chart.actor.visible = figures;
        this._breakdown.visible = figures;
        if (figures) {
            this._chart.update();
            this._breakdown.update();
        }
        this._budgets.showBudgets(figures ? this._client.budgets : []);
        this._refresh.showUpdated(nowMs);
    }

    _redrawRun(run, nowMs) {
        showUsage(this._run, run, run ? this._runRemarks(run, nowMs) : []);
    }

    _runRemarks(run, nowMs) {
        const _ = this._words.gettext;
        if (run.basis === 'session')
            return [_('The latest session, with its sub-agents')];
        return run.startedMs ? [fill(_('Since {since}'), {since: instant(run.startedMs, nowMs)})] : [];
    }

    destroy() {
        this._stopTimer();
        this._rest();
        St.Settings.get().disconnectObject(this);
        this._client.disconnectObject(this);
        this._client = null;
        this._menu.disconnect(this._openStateId);
        this._untieMenus();
        this._menu = null;
    }

    _untieMenus() {
        for (const row of [this._run, this._today, this._total, this._breakdown])
            untieRow(this._area, row);
        for (const section of [this._sessions, this._chart, this._budgets])
            untieSection(this._area, section);
        for (const section of [this._area, this._refresh])
            untieSection(this._menu, section);
    }
}

function showUsage(row, usage, remarks = []) {
    row.visible = Boolean(usage);
    if (usage)
        row.showUsage(usage, remarks);
}

function makeHeading(_) {
    // No focus: each row's accessible name says the heading's words.
    const heading = new PopupMenu.PopupBaseMenuItem({reactive: false, can_focus: false, style_class: 'octally-row octally-heading'});
    heading.add_child(nameCell());
    heading.add_child(cell('octally-number octally-tokens', _('Fresh tokens')));
    heading.add_child(cell('octally-number octally-rate', _('Cache hits')));
    heading.add_child(cell('octally-number octally-cost', _('Billed')));
    heading.add_child(cell('octally-number octally-cost', _('Estimated')));
    heading.add_child(arrowSpace());
    return heading;
}
