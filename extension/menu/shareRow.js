// SPDX-License-Identifier: GPL-3.0-or-later
// One row of a breakdown: a name, its figures in the columns of the table, and its share as a bar.

import GObject from 'gi://GObject';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {billedCost, compactTokens, estimatedCost, percent, UNKNOWN} from '../format.js';
import {arrowSpace, column, nameCell, numberCell, setText} from './cells.js';
import {LevelBar} from './levelBar.js';

export class ShareRow extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(words) {
        super({activate: false, style_class: 'octally-row octally-share'});
        this._words = words;
        this._name = nameCell();
        this._tokens = numberCell('octally-tokens');
        this._share = numberCell('octally-rate');
        this._billed = numberCell('octally-cost');
        this._estimated = numberCell('octally-cost octally-dim');
        this._bar = new LevelBar();
        const line = new St.BoxLayout({style_class: 'octally-line', x_expand: true});
        for (const part of [this._name, this._tokens, this._share, this._billed, this._estimated, arrowSpace()])
            line.add_child(part);
        this.add_child(column(line, this._bar));
    }

    /**
     * @param {object} line - of shares.shares()
     * @param {string} name - how it is called
     */
    showShare({usage, share, name: key}, name) {
        const part = percent(share);
        setText(this._name, name);
        setText(this._tokens, compactTokens(usage.freshTokens));
        setText(this._share, part);
        setText(this._billed, billedCost(usage));
        setText(this._estimated, estimatedCost(usage));
        this._bar.showLevel(share);
        const spoken = key && key !== name ? `${name} (${key})` : name;
        this.accessible_name = [spoken, ...part === UNKNOWN ? [] : [part], this._words.usage(usage)].join(', ');
    }
}
