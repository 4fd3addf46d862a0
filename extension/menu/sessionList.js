// SPDX-License-Identifier: GPL-3.0-or-later
// The running sessions, those that wait for the user first.
//
// A sub-agent has no line of its own, since its figures are in its parent's, unless it waits for the user.
// A line stays the line of its session for as long as that is shown: it may be unfolded.

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {fill} from '../words.js';
import {setText} from './cells.js';
import {SessionLine} from './sessionLine.js';
import {untieRow} from './ties.js';

// More would push the rest out of sight.
const LINES = 5;

export class SessionList extends PopupMenu.PopupMenuSection {
    /**
     * @param {object} parts - what it needs
     * @param {object} parts.area - the scroll area that it stands in
     * @param {object} parts.client - the service
     * @param {object} parts.words - Words
     * @param {object} parts.icons - of icons.js
     */
    constructor({area, client, words, icons}) {
        super();
        this._area = area;
        this._client = client;
        this._icons = icons;
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

    /** @param {string} id - of a session */
    unfold(id) {
        this._lines.get(id)?.setSubmenuShown(true);
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
        const line = new SessionLine({sessionId: id, client: this._client, words: this._words, icons: this._icons});
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
    const listed = live.filter(session => !ids.has(session.parent) || session.state === 'waiting');
    return [...listed.filter(session => session.state === 'waiting'), ...listed.filter(session => session.state !== 'waiting')];
}
