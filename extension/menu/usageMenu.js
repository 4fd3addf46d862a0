// SPDX-License-Identifier: GPL-3.0-or-later
// The menu below the indicator: a notice, the usage table, the running sessions, refresh and preferences.
//
// It is drawn when it opens and while it is open. A closed menu does nothing at all; its only timer
// keeps "2 minutes ago" right and lives as long as the menu is open.

import GLib from 'gi://GLib';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {hasFigures} from '../glance.js';
import {notice} from '../notice.js';
import {Throttle} from '../throttle.js';
import {DashboardItem} from './dashboardItem.js';
import {NoticeItem} from './noticeItem.js';
import {PinHint} from './pinHint.js';
import {Pins} from './pins.js';
import {RefreshSection} from './refreshSection.js';
import {ScrolledSection} from './scrolledSection.js';
import {SessionList} from './sessionList.js';
import {UsageTable} from './usageTable.js';

const RELATIVE_TIMES_S = 15;

// A flood of changes is drawn ten times a second.
const PAUSE_MS = 100;

export class UsageMenu {
    constructor({menu, client, settings, words, icons, openPreferences}) {
        this._menu = menu;
        this._client = client;
        this._words = words;
        this._timerId = 0;
        this._throttle = new Throttle(PAUSE_MS, () => this._redrawIfOpen());
        this._addBody({settings, icons});
        this._addFoot(openPreferences);
        menu.actor.add_style_class_name('octally-menu');
        this._openStateId = menu.connect('open-state-changed', (_menu, open) => this._openStateChanged(open));
        client.connectObject('changed', () => this._changed(), this);
    }

    /** What scrolls. */
    _addBody({settings, icons}) {
        const body = new ScrolledSection();
        // First, so that each part has its parent when it is given something to show.
        this._menu.addMenuItem(body);
        this._pins = new Pins(settings, icons, this._words);
        this._notice = new NoticeItem();
        this._table = new UsageTable(this._client, this._words, this._pins);
        this._sessions = new SessionList(this._words, icons);
        for (const item of [this._notice, new PinHint(settings, icons, this._words), this._table, this._sessions])
            body.addMenuItem(item);
    }

    /** What is always in sight. */
    _addFoot(openPreferences) {
        this._refresh = new RefreshSection(this._client, this._words);
        const preferences = new PopupMenu.PopupMenuItem(this._words.gettext('Preferences'));
        preferences.connect('activate', openPreferences);
        for (const item of [
            new PopupMenu.PopupSeparatorMenuItem(), this._refresh, new DashboardItem(this._words), preferences,
        ])
            this._menu.addMenuItem(item);
    }

    _openStateChanged(open) {
        this._stopTimer();
        if (!open)
            return;
        this._refresh.forgetOutcome();
        this._redraw();
        this._timerId = GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, RELATIVE_TIMES_S, () => {
            this._redraw();
            return GLib.SOURCE_CONTINUE;
        });
    }

    _stopTimer() {
        if (this._timerId)
            GLib.source_remove(this._timerId);
        this._timerId = 0;
    }

    _changed() {
        if (this._menu.isOpen)
            this._throttle.trigger();
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
        this._table.showFigures(figures, nowMs);
        this._sessions.showSessions(figures ? this._client.sessions : [], nowMs);
        this._refresh.showUpdated(nowMs);
    }

    destroy() {
        this._stopTimer();
        this._throttle.destroy();
        this._throttle = null;
        this._client.disconnectObject(this);
        this._client = null;
        this._menu.disconnect(this._openStateId);
        this._menu = null;
    }
}
