// SPDX-License-Identifier: GPL-3.0-or-later
// The running sessions: title, state and since when, and the table's figures, sub-agents included.
//
// A sub-agent has no line of its own, since its figures are in its parent's, unless it waits for the user.

import GObject from 'gi://GObject';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {arrowSpace, cell, column, FigureCells, setText} from './cells.js';
import {fill} from '../words.js';

// More would push Settings off a small screen.
const LINES = 5;

const MINUTE_MS = 60 * 1000;

export class SessionList extends PopupMenu.PopupMenuSection {
    constructor(words) {
        super();
        this._words = words;
        this._lines = [];
        this._heading = new PopupMenu.PopupSeparatorMenuItem(words.gettext('Running sessions'));
        this.addMenuItem(this._heading);
        this._more = new PopupMenu.PopupMenuItem('', {reactive: false, can_focus: false, style_class: 'octally-dim'});
        this.addMenuItem(this._more);
    }

    /**
     * @param {object[]} sessions - the live ones, in the service's order
     * @param {number} nowMs - Unix milliseconds
     */
    showSessions(sessions, nowMs) {
        const listed = sessionsToList(sessions);
        const shown = listed.slice(0, LINES);
        this._haveLines(shown.length);
        shown.forEach((session, i) => this._lines[i].showSession(session, nowMs));
        this._heading.visible = shown.length > 0;
        this._showMore(listed.length - shown.length);
    }

    _haveLines(count) {
        while (this._lines.length > count)
            this._lines.pop().destroy();
        while (this._lines.length < count) {
            const line = new SessionLine(this._words);
            this.addMenuItem(line, this._lines.length + 1);
            this._lines.push(line);
        }
    }

    _showMore(count) {
        this._more.visible = count > 0;
        setText(this._more.label, fill(this._words.ngettext('{count} more', '{count} more', count), {count}));
    }
}

function sessionsToList(sessions) {
    const live = sessions.filter(session => session.state !== 'gone');
    const ids = new Set(live.map(session => session.id));
    return live.filter(session => !ids.has(session.parent) || session.state === 'waiting');
}

class SessionLine extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(words) {
        super({activate: false, style_class: 'octally-row'});
        this._words = words;
        this._title = cell('octally-name');
        this._state = cell('octally-state');
        this._cells = new FigureCells();
        this.add_child(column(this._title, this._state));
        for (const label of this._cells.all)
            this.add_child(label);
        this.add_child(arrowSpace());
    }

    showSession(session, nowMs) {
        const title = session.title ?? session.project ?? session.id;
        const state = this._stateSince(session, nowMs);
        setText(this._title, title);
        setText(this._state, state);
        this._state.style_class = session.state === 'waiting' ? 'octally-state octally-attention' : 'octally-state octally-dim';
        this._cells.show(session);
        this.accessible_name = `${title}: ${state}, ${this._words.usage(session)}`;
    }

    _stateSince(session, nowMs) {
        const _ = this._words.gettext;
        if (session.state === 'unknown')
            return fill(_('Active {ago}'), {ago: this._words.ago(session.lastActivityMs, nowMs)});

        const lapseMs = nowMs - session.sinceMs;
        const state = this._words.state(session.state);
        return lapseMs < MINUTE_MS ? state : `${state} · ${this._words.lapse(lapseMs)}`;
    }
}
