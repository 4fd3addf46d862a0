// SPDX-License-Identifier: GPL-3.0-or-later
// The line of dates below the chart: the weekday below each bar, or the two ends where there are many.

import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

import {calendarDay} from '../format.js';
import {cell} from './cells.js';

const MOST_NAMES = 7;

export class ChartAxis extends St.BoxLayout {
    static {
        GObject.registerClass(this);
    }

    constructor(_) {
        super({style_class: 'octally-axis octally-dim', x_expand: true});
        this._gettext = _;
        this._shown = '';
    }

    /** @param {string[]} days - oldest first, today last */
    showDays(days) {
        if (this._shown === days.join())
            return;
        this._shown = days.join();
        this.destroy_all_children();
        this.layout_manager.homogeneous = true;
        if (days.length <= MOST_NAMES)
            this._showEach(days);
        else
            this._showEnds(days);
    }

    _showEach(days) {
        for (const day of days)
            this._add(calendarDay(day, 'weekday'), Clutter.ActorAlign.CENTER);
    }

    _showEnds(days) {
        this._add(calendarDay(days[0], 'date'), Clutter.ActorAlign.START);
        this._add(this._gettext('Today'), Clutter.ActorAlign.END);
    }

    _add(text, align) {
        const label = cell('octally-axis-name', text);
        label.x_expand = true;
        label.x_align = align;
        this.add_child(label);
    }
}
