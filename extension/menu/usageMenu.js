// SPDX-License-Identifier: GPL-3.0-or-later
// The menu below the indicator: a notice, the usage table, the running sessions, refresh and settings.
//
// It is drawn when it opens and while it is open. A closed menu does nothing at all; its only timer
// keeps "2 minutes ago" right and lives as long as the menu is open.

import GLib from 'gi://GLib';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {instant} from '../format.js';
import {hasFigures} from '../glance.js';
import {notice} from '../notice.js';
import {fill} from '../words.js';
import {arrowSpace, cell, nameCell} from './cells.js';
import {NoticeItem} from './noticeItem.js';
import {RefreshSection} from './refreshSection.js';
import {SessionList} from './sessionList.js';
import {UsageRow} from './usageRow.js';

const RELATIVE_TIMES_S = 15;

export class UsageMenu {
    constructor({menu, client, words, openPreferences}) {
        this._menu = menu;
        this._client = client;
        this._words = words;
        this._timerId = 0;
        this._addItems(openPreferences);
        menu.actor.add_style_class_name('octally-menu');
        this._openStateId = menu.connect('open-state-changed', (_menu, open) => this._openStateChanged(open));
        client.connectObject('changed', () => this._redrawIfOpen(), this);
    }

    _addItems(openPreferences) {
        const _ = this._words.gettext;
        this._notice = new NoticeItem();
        this._heading = makeHeading(_);
        this._run = new UsageRow(_('Session'), this._words);
        this._today = new UsageRow(_('Today'), this._words);
        this._total = new UsageRow(_('Total'), this._words);
        this._sessions = new SessionList(this._words);
        this._refresh = new RefreshSection(this._client, this._words);
        this._settings = new PopupMenu.PopupMenuItem(_('Settings'));
        this._settings.connect('activate', openPreferences);
        for (const item of [
            this._notice, this._heading, this._run, this._today, this._total, this._sessions,
            new PopupMenu.PopupSeparatorMenuItem(), this._refresh, this._settings,
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
        this._client.disconnectObject(this);
        this._client = null;
        this._menu.disconnect(this._openStateId);
        this._untieMenus();
        this._menu = null;
    }

    // The shell ties a menu and what is nested in it to each other with connectObject(). Neither is a GObject
    // that could be seen to go, so these ties would keep all of it alive after every disable.
    _untieMenus() {
        for (const row of [this._run, this._today, this._total])
            row.menu.disconnectObject(this._menu);
        for (const section of [this._sessions, this._refresh]) {
            section.disconnectObject(this._menu);
            this._menu.disconnectObject(section);
        }
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
