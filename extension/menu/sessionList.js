// SPDX-License-Identifier: GPL-3.0-or-later
// The running sessions, those that wait for the user first.
//
// A sub-agent has no line of its own, since its figures are in its parent's, unless it waits for the user.

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {fill} from '../words.js';
import {setText} from './cells.js';
import {Section} from './section.js';
import {SessionLine} from './sessionLine.js';

// More would push the rest out of sight.
const LINES = 5;

export class SessionList extends Section {
    constructor(words, icons) {
        super();
        this._words = words;
        this._icons = icons;
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
            const line = new SessionLine(this._words, this._icons);
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
    const listed = live.filter(session => !ids.has(session.parent) || session.state === 'waiting');
    return [...listed.filter(session => session.state === 'waiting'), ...listed.filter(session => session.state !== 'waiting')];
}
