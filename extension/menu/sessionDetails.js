// SPDX-License-Identifier: GPL-3.0-or-later
// What an unfolded session shows. It is asked for when the row is unfolded and given up when it is folded.

import GObject from 'gi://GObject';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {UnknownSessionError} from '../client.js';
import {detailLines} from '../sessionWords.js';
import {fill} from '../words.js';
import {arrowSpace, FigureCells, nameCell, setText} from './cells.js';
import {Inquiry} from './inquiry.js';
import {Remark} from './remark.js';

export class SessionDetails {
    /**
     * @param {object} parts - what it needs
     * @param {PopupMenu.PopupSubMenu} parts.menu - the row's submenu
     * @param {string} parts.sessionId - which session
     * @param {object} parts.client - the service
     * @param {object} parts.words - Words
     */
    constructor({menu, sessionId, client, words}) {
        this._menu = menu;
        this._words = words;
        this._rows = [];
        this._inquiry = new Inquiry(cancellable => client.describe(sessionId, cancellable), () => this._draw());
        this._remark = new Remark();
        this._remark.say(words.gettext('Reading…'));
        menu.addMenuItem(this._remark);
        this._openStateId = menu.connect('open-state-changed', (_menu, open) => open ? this.update() : this._inquiry.forget());
    }

    /** The figures may have changed. */
    update() {
        if (!this._menu.isOpen)
            return;
        this._inquiry.ask();
        this._draw();
    }

    _draw() {
        const {answer, error} = this._inquiry;
        const isGone = error instanceof UnknownSessionError;
        const lines = answer && !isGone ? detailLines(answer, Date.now(), this._words) : [];
        this._haveRows(lines.length);
        lines.forEach((line, i) => this._rows[i].showLine(line));
        this._remark.say(this._state(lines));
    }

    _state(lines) {
        const _ = this._words.gettext;
        const {answer, error} = this._inquiry;
        if (error instanceof UnknownSessionError)
            return _('The service no longer knows this session');
        if (error)
            return fill(_('The details could not be read: {reason}'), {reason: error.message});
        if (!answer)
            return _('Reading…');
        return lines.length === 0 ? _('No steps yet') : '';
    }

    _haveRows(count) {
        while (this._rows.length > count)
            this._rows.pop().destroy();
        while (this._rows.length < count) {
            const row = new DetailRow(this._words);
            this._menu.addMenuItem(row, this._rows.length);
            this._rows.push(row);
        }
    }

    destroy() {
        this._inquiry.forget();
        this._menu.disconnect(this._openStateId);
        this._menu = null;
    }
}

class DetailRow extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(words) {
        super({activate: false, style_class: 'octally-row octally-detail'});
        this._words = words;
        this._name = nameCell();
        this._cells = new FigureCells();
        this.add_child(this._name);
        for (const label of this._cells.all)
            this.add_child(label);
        this.add_child(arrowSpace());
    }

    showLine({name, usage, isHeading = false}) {
        setText(this._name, name);
        this._name.style_class = usage ? 'octally-name' : 'octally-name octally-dim';
        for (const label of this._cells.all)
            label.visible = usage !== null;
        if (usage)
            this._cells.show(usage);
        if (isHeading)
            this.add_style_class_name('octally-subheading');
        else
            this.remove_style_class_name('octally-subheading');
        this.accessible_name = usage ? `${name}: ${this._words.usage(usage)}` : name;
    }
}
