// SPDX-License-Identifier: GPL-3.0-or-later
// The menu below the indicator: a notice, the usage table, the running sessions, the chart, where the usage
// went, the budgets; and below what scrolls, refresh, dashboard and preferences.
//
// It is drawn when it opens and while it is open. A closed menu does nothing at all, but for one rehearsal when
// the first figures come; its only timer keeps "2 minutes ago" right and lives as long as the menu is open.

import GLib from 'gi://GLib';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {hasFigures} from '../glance.js';
import {notice} from '../notice.js';
import {Throttle} from '../throttle.js';
import {BreakdownSection} from './breakdownSection.js';
import {BudgetSection} from './budgetSection.js';
import {ChartSection} from './chartSection.js';
import {DashboardItem} from './dashboardItem.js';
import {fitToScreen} from './fit.js';
import {OpenLook} from './openLook.js';
import {NoticeItem} from './noticeItem.js';
import {PinHint} from './pinHint.js';
import {Pins} from './pins.js';
import {RefreshSection} from './refreshSection.js';
import {measure, Rehearsal} from './rehearsal.js';
import {ScrollArea} from './scrollArea.js';
import {SessionList} from './sessionList.js';
import {untieRow, untieSection} from './ties.js';
import {UsageTable} from './usageTable.js';

const RELATIVE_TIMES_S = 15;

// A flood of changes is drawn ten times a second.
const PAUSE_MS = 100;

export class UsageMenu {
    /**
     * @param {object} parts - what it needs
     * @param {PopupMenu.PopupMenu} parts.menu - the indicator's
     * @param {object} parts.client - the service
     * @param {object} parts.settings - the extension's
     * @param {object} parts.words - Words
     * @param {object} parts.icons - of icons.js
     * @param {() => void} parts.openPreferences - of the extension
     * @param {() => void} parts.limitHeight - gives the menu the style that its opening gives it
     */
    constructor({menu, client, settings, words, icons, openPreferences, limitHeight}) {
        this._menu = menu;
        this._limitHeight = limitHeight;
        this._client = client;
        this._words = words;
        this._timerId = 0;
        this._rehearsal = null;
        this._throttle = new Throttle(PAUSE_MS, () => this._redrawIfOpen());
        this._addItems({client, settings, words, icons});
        this._addActions(openPreferences);
        St.Settings.get().connectObject('notify::high-contrast', () => this._showContrast(), this);
        this._showContrast();
        menu.actor.add_style_class_name('octally-menu');
        this._openLook = new OpenLook(menu.actor);
        this._fitsWhenMapped = false;
        menu.actor.connectObject('notify::mapped', () => this._mapped(), this);
        this._openStateId = menu.connect('open-state-changed', (_menu, open) => this._openStateChanged(open));
        client.connectObject('changed', () => this._changed(), this);
    }

    _addItems({client, settings, words, icons}) {
        const pins = new Pins(settings, icons, words);
        this._notice = new NoticeItem();
        this._area = new ScrollArea();
        this._table = new UsageTable({area: this._area, client, words, pins});
        this._sessions = new SessionList({area: this._area, client, words, icons});
        this._chart = new ChartSection({client, settings, words});
        this._breakdown = new BreakdownSection({client, settings, words});
        this._budgets = new BudgetSection(words, pins);
        for (const item of [
            this._notice, new PinHint(settings, icons, words), this._table, this._sessions, this._chart, this._breakdown, this._budgets,
        ])
            this._area.addMenuItem(item);
        this._menu.addMenuItem(this._area);
    }

    _addActions(openPreferences) {
        this._refresh = new RefreshSection(this._client, this._words);
        this._preferences = new PopupMenu.PopupMenuItem(this._words.gettext('Preferences'));
        this._preferences.connect('activate', openPreferences);
        for (const item of [
            new PopupMenu.PopupSeparatorMenuItem(), this._refresh, new DashboardItem(this._words), this._preferences,
        ])
            this._menu.addMenuItem(item);
    }

    /** @param {string} sessionId - whose details are to be seen, where it is listed; where it is empty the budgets are */
    showDetails(sessionId) {
        if (sessionId)
            this._sessions.unfold(sessionId);
        else
            this._area.keepInView(this._budgets);
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
        this._rehearsal?.end();
        this._area.followFocus();
        this._area.scrollToTop();
        this._refresh.forgetOutcome();
        this._redraw();
        // Before GNOME Shell 51 it is on the screen by now; what is not has no style yet that could be measured.
        this._fitsWhenMapped = !this._menu.actor.mapped;
        if (!this._fitsWhenMapped)
            fitToScreen(this._menu, this._preferences);
        this._timerId = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, RELATIVE_TIMES_S, () => {
            this._redraw();
            return GLib.SOURCE_CONTINUE;
        });
    }

    _mapped() {
        if (!this._fitsWhenMapped || !this._menu.actor.mapped)
            return;
        this._fitsWhenMapped = false;
        fitToScreen(this._menu, this._preferences);
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

    _changed() {
        if (this._menu.isOpen)
            this._throttle.trigger();
        else if (!this._rehearsal && hasFigures(this._client.status))
            this._rehearsal = new Rehearsal(this._rehearse());
    }

    // What changes the menu's own style changes that of everything in it: it would all be learnt anew at the
    // opening, were it not done here.
    *_rehearse() {
        this._drawRows(hasFigures(this._client.status), Date.now());
        this._chart.prepare();
        yield;
        const boxes = [this._area.box, this._menu.box];
        this._limitHeight();
        yield* measure(boxes);
        fitToScreen(this._menu, this._preferences);
        yield* measure(boxes);
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
        this._drawRows(figures, nowMs);
        if (figures) {
            this._chart.update();
            this._breakdown.update();
        }
        this._refresh.showUpdated(nowMs);
    }

    _drawRows(figures, nowMs) {
        this._table.showFigures(figures, nowMs);
        this._sessions.showSessions(figures ? this._client.sessions : [], nowMs);
        this._chart.actor.visible = figures;
        this._breakdown.visible = figures;
        this._budgets.showBudgets(figures ? this._client.budgets : []);
    }

    destroy() {
        this._stopTimer();
        this._rehearsal?.end();
        this._rest();
        this._throttle.destroy();
        this._throttle = null;
        St.Settings.get().disconnectObject(this);
        this._client.disconnectObject(this);
        this._client = null;
        this._openLook.destroy();
        this._openLook = null;
        this._menu.disconnect(this._openStateId);
        this._menu.actor.disconnectObject(this);
        this._untieMenus();
        this._menu = null;
        this._limitHeight = null;
    }

    _untieMenus() {
        untieRow(this._area, this._breakdown);
        for (const section of [this._table, this._sessions, this._chart, this._budgets])
            untieSection(this._area, section);
        for (const section of [this._area, this._refresh])
            untieSection(this._menu, section);
    }
}
