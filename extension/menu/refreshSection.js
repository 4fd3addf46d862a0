// SPDX-License-Identifier: GPL-3.0-or-later
// "Refresh Statistics", and beside it when the figures were last read, that they are being read, or how
// that went; below it what went wrong. The menu stays open.

import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

import {Spinner} from 'resource:///org/gnome/shell/ui/animation.js';
import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {timeWithSeconds} from '../format.js';
import {fill} from '../words.js';
import {setText} from './cells.js';
import {NoticeItem} from './noticeItem.js';

const SPINNER_SIZE = 16;

export class RefreshSection extends PopupMenu.PopupMenuSection {
    constructor(client, words) {
        super();
        this._client = client;
        this._words = words;
        this._working = false;
        this._outcome = null;
        this._item = new RefreshItem(words.gettext('Refresh Statistics'), () => this._refresh());
        this._problem = new NoticeItem();
        this._problem.showNotice(null);
        this.addMenuItem(this._item);
        this.addMenuItem(this._problem);
    }

    /** Forgets how the last refresh went: it is of interest only while the menu stays open. */
    forgetOutcome() {
        this._outcome = null;
        this._problem.showNotice(null);
    }

    /** @param {number} nowMs - Unix milliseconds */
    showUpdated(nowMs) {
        const _ = this._words.gettext;
        if (this._working)
            this._item.showRemark(_('Refreshing…'));
        else if (this._outcome)
            this._item.showRemark(this._outcome);
        else if (this._client.updatedMs)
            this._item.showRemark(fill(_('Updated {ago}'), {ago: this._words.ago(this._client.updatedMs, nowMs)}));
        else
            this._item.showRemark('');
    }

    async _refresh() {
        if (this._working)
            return;
        this._working = true;
        this._item.showProgress(true);
        this._problem.showNotice(null);
        this.showUpdated(Date.now());
        const outcome = await this._askService();
        if (!outcome)
            return;
        this._working = false;
        this._item.showProgress(false);
        this._outcome = outcome.remark;
        this._problem.showNotice(outcome.problem);
        this.showUpdated(Date.now());
    }

    async _askService() {
        const _ = this._words.gettext;
        try {
            const result = await this._client.refresh();
            return result && this._done(result);
        } catch (error) {
            return {remark: _('Failed'), problem: {title: _('The statistics could not be refreshed'), text: error.message}};
        }
    }

    _done({problems}) {
        const _ = this._words.gettext;
        const remark = fill(_('Refreshed at {time}'), {time: timeWithSeconds(Date.now())});
        if (problems.length === 0)
            return {remark, problem: null};

        const title = this._words.ngettext('{count} problem while reading', '{count} problems while reading', problems.length);
        const [{what, place, remedy}] = problems;
        return {remark, problem: {title: fill(title, {count: problems.length}), text: `${what} (${place}). ${remedy}`}};
    }
}

class RefreshItem extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(text, onActivated) {
        super();
        this._text = text;
        this._onActivated = onActivated;
        this.label = new St.Label({text, y_align: Clutter.ActorAlign.CENTER});
        this._remark = new St.Label({
            style_class: 'octally-remark octally-dim',
            y_align: Clutter.ActorAlign.CENTER,
        });
        this.label.x_expand = true;
        this.add_child(this.label);
        this._spinner = new Spinner(SPINNER_SIZE, {animate: false, hideOnStop: true});
        this.add_child(this._spinner);
        this.add_child(this._remark);
    }

    /** Not chained up: the parent's closes the menu. */
    activate() {
        this._onActivated();
    }

    showProgress(working) {
        if (working)
            this._spinner.play();
        else
            this._spinner.stop();
    }

    showRemark(remark) {
        setText(this._remark, remark);
        const name = remark === '' ? this._text : `${this._text}, ${remark}`;
        if (this.accessible_name !== name)
            this.accessible_name = name;
    }
}
