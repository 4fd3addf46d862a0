// SPDX-License-Identifier: GPL-3.0-or-later
// One running session: its state as an icon and in words, title, since when, project and model, and the
// table's figures, sub-agents included. It unfolds to its details.

import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import Pango from 'gi://Pango';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {shortNames} from '../shares.js';
import {fill} from '../words.js';
import {cell, column, FigureCells, setText} from './cells.js';
import {SessionDetails} from './sessionDetails.js';

const MINUTE_MS = 60 * 1000;

export class SessionLine extends PopupMenu.PopupSubMenuMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor({sessionId, client, words, icons}) {
        super('', true);
        this._words = words;
        this._icons = icons;
        this._title = this.label;
        this._title.style_class = 'octally-name';
        this._title.clutter_text.ellipsize = Pango.EllipsizeMode.END;
        this._state = cell('octally-state');
        // A label of its own, so that it stands between the two in both directions of writing.
        this._dot = cell('octally-state octally-dim', '·');
        this._place = cell('octally-state octally-dim');
        this._cells = new FigureCells();
        this.add_style_class_name('octally-row');
        this._addCells();
        this._details = new SessionDetails({menu: this.menu, sessionId, client, words});
    }

    // The first children are the ornament, the icon and the name, the last ones the room between and the arrow.
    _addCells() {
        const names = column();
        this.replace_child(this._title, names);
        names.add_child(this._title);
        names.add_child(this._makeSecondLine());
        for (const label of this._cells.all)
            this.insert_child_at_index(label, this.get_n_children() - 1);
        // The name alone would be read out otherwise.
        this.label_actor = null;
    }

    _makeSecondLine() {
        const line = new St.BoxLayout({style_class: 'octally-session-line'});
        this._place.x_expand = true;
        this._place.x_align = Clutter.ActorAlign.START;
        for (const label of [this._state, this._dot, this._place])
            line.add_child(label);
        return line;
    }

    /**
     * @param {object} session - as wire.js reads it
     * @param {number} nowMs - Unix milliseconds
     */
    showSession(session, nowMs) {
        const title = session.title ?? session.project ?? session.id;
        const state = this._stateSince(session, nowMs);
        const place = placeOf(session);
        setText(this._title, title);
        setText(this._state, state);
        setText(this._place, place.join(' · '));
        this._dot.visible = place.length > 0;
        this.icon.gicon = this._icons[session.state] ?? this._icons.idle;
        this._state.style_class = session.state === 'waiting' ? 'octally-state octally-attention' : 'octally-state octally-dim';
        this._cells.show(session);
        this.accessible_name = [`${title}: ${state}`, ...place, this._words.usage(session)].join(', ');
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

/** Project and model by their short names, as far as they are known and not the title already. */
function placeOf({title, project, model}) {
    const projectName = title && project ? shortNames([project]).get(project) : null;
    // The provider stands before the first slash.
    const modelName = model?.slice(model.indexOf('/') + 1);
    return [projectName, modelName].filter(Boolean);
}
