// SPDX-License-Identifier: GPL-3.0-or-later
// The chart of the last days, what it says of the day that is picked out, and the choice of days and measure.
//
// Seven days are a property of the service. Thirty are asked for, while the menu is open, and the last
// seven of them follow the property, so that the bar of today never waits for an answer.

import Clutter from 'gi://Clutter';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {topOf} from '../chartScale.js';
import {daysUntil, history, isDay, localDay} from '../days.js';
import {chartInWords, dayText, measureName, rangeText, scaleText} from '../historyWords.js';
import {amount, MEASURES, measureToShow, sensibleMeasures} from '../measures.js';
import {fill} from '../words.js';
import {cell, column, setText} from './cells.js';
import {Chart} from './chart.js';
import {ChartAxis} from './chartAxis.js';
import {Inquiry} from './inquiry.js';
import {Switcher} from './switcher.js';

const WEEK = 7;
const MONTH = 30;

export class ChartSection extends PopupMenu.PopupMenuSection {
    constructor({client, settings, words}) {
        super();
        this._client = client;
        this._settings = settings;
        this._words = words;
        this._points = [];
        this._inquiry = new Inquiry(cancellable => client.report({by: 'day', last: MONTH}, cancellable), () => this._draw());
        this._addParts(words.gettext);
    }

    _addParts(_) {
        const item = new PopupMenu.PopupBaseMenuItem({activate: false, hover: false, can_focus: false, style_class: 'octally-block'});
        this._title = cell('octally-block-title');
        this._measures = new Switcher(
            MEASURES.map(value => ({value, label: measureName(value, _), name: fill(_('Show {measure}'), {measure: measureName(value, _)})})),
            value => this._choose('menu-measure', value));
        this._ranges = new Switcher([
            {value: WEEK, label: _('7 days'), name: _('Show 7 days')},
            {value: MONTH, label: _('30 days'), name: _('Show 30 days')},
        ], value => this._choose('chart-days', value));
        this._figures = cell('octally-block-text');
        this._chart = new Chart();
        this._chart.connect('selected', () => this._describe());
        this._top = cell('octally-chart-top octally-dim');
        this._axis = new ChartAxis(_);
        item.add_child(column(this._header(), this._figures, this._stack(), this._axis));
        this.addMenuItem(item);
    }

    _header() {
        const header = new St.BoxLayout({style_class: 'octally-block-header'});
        this._title.x_expand = true;
        for (const part of [this._title, this._measures, this._ranges])
            header.add_child(part);
        return header;
    }

    // The number of the top line stands in the drawing, where the bars leave room for it.
    _stack() {
        const stack = new St.Widget({layout_manager: new Clutter.BinLayout(), x_expand: true});
        this._top.x_expand = true;
        this._top.y_expand = true;
        this._top.x_align = Clutter.ActorAlign.START;
        this._top.y_align = Clutter.ActorAlign.START;
        stack.add_child(this._chart);
        stack.add_child(this._top);
        return stack;
    }

    _choose(key, value) {
        if (key === 'chart-days')
            this._settings.set_uint(key, value);
        else
            this._settings.set_string(key, value);
        this.update();
    }

    /** Draws what is known, and asks nothing: before the menu is opened for the first time. */
    prepare() {
        this._days = this._settings.get_uint('chart-days') === MONTH ? MONTH : WEEK;
        this._draw();
    }

    /** The figures may have changed, or the menu has just been opened. */
    update() {
        this._days = this._settings.get_uint('chart-days') === MONTH ? MONTH : WEEK;
        if (this._needsReport())
            this._inquiry.ask();
        else
            this._inquiry.stop();
        this._draw();
    }

    /** The menu is closed: nothing is asked for any more. */
    rest() {
        this._inquiry.forget();
    }

    _needsReport() {
        return this._days > WEEK || this._client.week.length === 0;
    }

    _draw() {
        this._points = this._history();
        const usages = this._points.map(({usage}) => usage);
        const sensible = sensibleMeasures(usages);
        this._measure = measureToShow(this._settings.get_string('menu-measure'), sensible);
        const amounts = usages.map(usage => amount(usage, this._measure));
        const top = topOf(amounts);
        this._measures.offer(sensible);
        this._measures.choose(this._measure);
        this._ranges.choose(this._days);
        this._chart.draw(this._points.map(({isToday}, i) => ({amount: amounts[i], isToday})), top);
        setText(this._top, amounts.some(value => value > 0) ? scaleText(top, this._measure) : '');
        this._axis.showDays(this._points.map(({day}) => day));
        this._describe();
    }

    _history() {
        const week = this._client.week.filter(({day}) => isDay(day));
        const rows = this._needsReport() ? this._inquiry.answer : [];
        const usages = new Map((rows ?? []).map(row => [row.name, row]));
        for (const usage of week)
            usages.set(usage.day, usage);
        const today = week.at(-1)?.day ?? localDay(Date.now());
        const points = history(daysUntil(today, this._days), usages, this._client.total?.steps ?? null);
        // Before the answer nothing can be said of the days that are not in the property.
        return rows ? points : points.map(point => usages.has(point.day) ? point : {...point, usage: null});
    }

    _describe() {
        const {selected} = this._chart;
        const picked = this._points[selected];
        const {title, text} = picked ? dayText(picked, this._words) : this._rangeText();
        setText(this._title, title);
        setText(this._figures, text);
        this._chart.accessible_name = picked ? `${title}: ${text}` : chartInWords(this._points, this._measure, this._words);
    }

    _rangeText() {
        const _ = this._words.gettext;
        const range = rangeText(this._points, this._words);
        if (!this._needsReport())
            return range;
        if (this._inquiry.error)
            return {...range, text: fill(_('These days could not be read: {reason}'), {reason: this._inquiry.error.message})};
        return this._inquiry.answer ? range : {...range, text: _('Reading…')};
    }

    destroy() {
        this._inquiry.forget();
        this._client = null;
        this._settings = null;
        super.destroy();
    }
}
