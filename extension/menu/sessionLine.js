// SPDX-License-Identifier: GPL-3.0-or-later
// One running session: its state as an icon and in words, title, since when, project and model, and the
// table's figures, sub-agents included.

import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {shortNames} from '../shares.js';
import {fill} from '../words.js';
import {arrowSpace, cell, column, FigureCells, setText} from './cells.js';

const MINUTE_MS = 60 * 1000;

export class SessionLine extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(words, icons) {
        super({activate: false, style_class: 'octally-row'});
        this._words = words;
        this._icons = icons;
        this._icon = new St.Icon({style_class: 'popup-menu-icon', y_align: Clutter.ActorAlign.CENTER});
        this._title = cell('octally-name');
        this._state = cell('octally-state');
        this._place = cell('octally-state octally-dim');
        this._place.x_expand = true;
        this._cells = new FigureCells();
        this.add_child(this._icon);
        this.add_child(column(this._title, this._makeSecondLine()));
        for (const label of this._cells.all)
            this.add_child(label);
        this.add_child(arrowSpace());
    }

    _makeSecondLine() {
        const line = new St.BoxLayout({style_class: 'octally-session-line'});
        line.add_child(this._state);
        line.add_child(this._place);
        return line;
    }

    /**
     * @param {object} session - as wire.js reads it
     * @param {number} nowMs - Unix milliseconds
     */
    showSession(session, nowMs) {
        const title = session.title ?? session.project ?? session.id;
        const state = this._stateSince(session, nowMs);
        setText(this._title, title);
        setText(this._state, state);
        setText(this._place, placeOf(session).map(part => `· ${part}`).join(' '));
        this._icon.gicon = this._icons[session.state] ?? this._icons.idle;
        this._state.style_class = session.state === 'waiting' ? 'octally-state octally-attention' : 'octally-state octally-dim';
        this._cells.show(session);
        this.accessible_name = [`${title}: ${state}`, ...placeOf(session), this._words.usage(session)].join(', ');
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

/** Project and model by their short names, as far as they are known and not the title already. */
function placeOf({title, project, model}) {
    const projectName = title && project ? shortNames([project]).get(project) : null;
    // The provider stands before the first slash.
    const modelName = model?.slice(model.indexOf('/') + 1);
    return [projectName, modelName].filter(Boolean);
}
