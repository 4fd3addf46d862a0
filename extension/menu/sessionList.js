// SPDX-License-Identifier: GPL-3.0-or-later
// The running sessions: title, state and since when, and the table's figures, sub-agents included.
//
// A sub-agent has no line of its own, since its figures are in its parent's, unless it waits for the user.
// A line stays the line of its session for as long as that is shown: it may be unfolded.

import GObject from 'gi://GObject';
import Pango from 'gi://Pango';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {fill} from '../words.js';
import {cell, column, FigureCells, setText} from './cells.js';
import {SessionDetails} from './sessionDetails.js';
import {untieRow} from './ties.js';

// More would push Settings off a small screen.
const LINES = 5;

const MINUTE_MS = 60 * 1000;

export class SessionList extends PopupMenu.PopupMenuSection {
    /**
     * @param {object} parts - what it needs
     * @param {object} parts.area - the scroll area that it stands in
     * @param {object} parts.client - the service
     * @param {object} parts.words - Words
     */
    constructor({area, client, words}) {
        super();
        this._area = area;
        this._client = client;
        this._words = words;
        this._lines = new Map();
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
        this._haveLines(shown.map(({id}) => id));
        for (const session of shown)
            this._lines.get(session.id).showSession(session, nowMs);
        this._heading.visible = shown.length > 0;
        this._showMore(listed.length - shown.length);
    }

    _haveLines(ids) {
        for (const [id, line] of this._lines) {
            if (!ids.includes(id))
                this._dropLine(id, line);
        }
        for (const id of ids) {
            if (!this._lines.has(id))
                this._addLine(id);
        }
        ids.forEach((id, i) => this._placeLine(this._lines.get(id), i));
    }

    _addLine(id) {
        const line = new SessionLine({sessionId: id, client: this._client, words: this._words});
        this._lines.set(id, line);
        this.addMenuItem(line);
        this._area.adopt(line);
    }

    // A line and its submenu are two children of the box, which moveMenuItem() does not know.
    _placeLine(line, place) {
        const index = 1 + 2 * place;
        if (this.box.get_child_at_index(index) === line)
            return;
        this.box.set_child_at_index(line, index);
        this.box.set_child_at_index(line.menu.actor, index + 1);
    }

    _dropLine(id, line) {
        untieRow(this, line);
        line.destroy();
        this._lines.delete(id);
    }

    _showMore(count) {
        this._more.visible = count > 0;
        setText(this._more.label, fill(this._words.ngettext('{count} more', '{count} more', count), {count}));
    }

    destroy() {
        for (const [id, line] of this._lines)
            this._dropLine(id, line);
        this._area = null;
        this._client = null;
        super.destroy();
    }
}

function sessionsToList(sessions) {
    const live = sessions.filter(session => session.state !== 'gone');
    const ids = new Set(live.map(session => session.id));
    return live.filter(session => !ids.has(session.parent) || session.state === 'waiting');
}

class SessionLine extends PopupMenu.PopupSubMenuMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor({sessionId, client, words}) {
        super('', false);
        this._words = words;
        this._title = this.label;
        this._title.style_class = 'octally-name';
        this._title.clutter_text.ellipsize = Pango.EllipsizeMode.END;
        this._state = cell('octally-state');
        this._cells = new FigureCells();
        this.add_style_class_name('octally-row');
        this._addCells();
        this._details = new SessionDetails({menu: this.menu, sessionId, client, words});
    }

    // The first children are the ornament and the name, the last ones the room between and the arrow.
    _addCells() {
        const names = column();
        names.x_expand = false;
        this.replace_child(this._title, names);
        names.add_child(this._title);
        names.add_child(this._state);
        for (const label of this._cells.all)
            this.insert_child_at_index(label, this.get_n_children() - 1);
        // The name alone would be read out otherwise.
        this.label_actor = null;
    }

    showSession(session, nowMs) {
        const title = session.title ?? session.project ?? session.id;
        const state = this._stateSince(session, nowMs);
        setText(this._title, title);
        setText(this._state, state);
        this._state.style_class = session.state === 'waiting' ? 'octally-state octally-attention' : 'octally-state octally-dim';
        this._cells.show(session);
        this.accessible_name = `${title}: ${state}, ${this._words.usage(session)}`;
        this._details.update();
    }

    _stateSince(session, nowMs) {
        const _ = this._words.gettext;
        if (session.state === 'unknown')
            return fill(_('Active {ago}'), {ago: this._words.ago(session.lastActivityMs, nowMs)});

        const state = this._words.state(session.state);
        if (session.sinceMs === null)
            return state;
        const lapseMs = nowMs - session.sinceMs;
        return lapseMs < MINUTE_MS ? state : `${state} · ${this._words.lapse(lapseMs)}`;
    }
    destroy() {
        this._details.destroy();
        this._details = null;
        super.destroy();
    }
}
