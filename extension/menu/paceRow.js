// SPDX-License-Identifier: GPL-3.0-or-later
// How fast tokens and money go now, in the columns of the usage table.

import GObject from 'gi://GObject';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {billedCost, compactTokens, estimatedCost, UNKNOWN} from '../format.js';
import {PACE_ITEMS} from '../panelItems.js';
import {fill} from '../words.js';
import {arrowSpace, FigureCells, nameCell, setText} from './cells.js';

export class PaceRow extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(words, pins) {
        super({activate: false, style_class: 'octally-row'});
        this._words = words;
        this._name = words.gettext('Pace');
        this._cells = new FigureCells();
        this._pin = pins.makePin(PACE_ITEMS, this._name);
        this.add_child(nameCell(this._name));
        this.add_child(this._pin);
        for (const label of this._cells.all)
            this.add_child(label);
        this.add_child(arrowSpace());
    }

    /** @param {?object} pace - as wire.js reads it; null while nothing is used */
    showPace(pace) {
        const _ = this._words.gettext;
        const hour = cost => cost === '' || cost === UNKNOWN ? cost : fill(_('{cost}/h'), {cost});
        setText(this._cells.freshTokens, pace ? fill(_('{tokens}/min'), {tokens: compactTokens(pace.freshPerMinute)}) : _('quiet'));
        setText(this._cells.billed, pace ? hour(billedCost(pace.perHour)) : '');
        setText(this._cells.estimated, pace ? hour(estimatedCost(pace.perHour)) : '');
        this.accessible_name = `${this._name}: ${this._spoken(pace)}`;
    }

    _spoken(pace) {
        return pace ? PACE_ITEMS.map(item => this._words.pace(pace, item)).join(', ') : this._words.gettext('quiet');
    }

    vfunc_key_press_event(event) {
        return this._pin.movesFocus(this, event) || super.vfunc_key_press_event(event);
    }
}
