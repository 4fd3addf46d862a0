// SPDX-License-Identifier: GPL-3.0-or-later
// Where the usage went: by model, by project or by agent, of today, of seven days or of this month, as bars
// with their shares. It is filled when it is unfolded, and asks the service only then.

import GObject from 'gi://GObject';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {firstOfMonth, isDay, localDay} from '../days.js';
import {measureToShow, sensibleMeasures} from '../measures.js';
import {shares, shortNames} from '../shares.js';
import {fill} from '../words.js';
import {Inquiry} from './inquiry.js';
import {Remark} from './remark.js';
import {ShareRow} from './shareRow.js';
import {Switcher} from './switcher.js';

const ROWS = 6;
const WEEK = 7;

export class BreakdownSection extends PopupMenu.PopupSubMenuMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor({client, settings, words}) {
        super(words.gettext('Models, projects and agents'), false);
        this._client = client;
        this._settings = settings;
        this._words = words;
        this._by = 'model';
        this._period = 'today';
        this._rows = [];
        this._inquiry = new Inquiry(cancellable => client.report(this._request(), cancellable), () => this._draw());
        this.menu.addMenuItem(this._switches(words.gettext));
        this._remark = new Remark();
        this.menu.addMenuItem(this._remark);
        this.menu.connect('open-state-changed', (_menu, open) => open ? this.update() : this._inquiry.forget());
    }

    _switches(_) {
        const item = new PopupMenu.PopupBaseMenuItem({activate: false, hover: false, can_focus: false, style_class: 'octally-switches'});
        this._kinds = new Switcher([
            {value: 'model', label: _('Models'), name: _('By model')},
            {value: 'project', label: _('Projects'), name: _('By project')},
            {value: 'agent', label: _('Agents'), name: _('By agent')},
        ], by => this._ask({by}));
        this._periods = new Switcher([
            {value: 'today', label: _('Today'), name: _('Of today')},
            {value: 'week', label: _('7 days'), name: _('Of the last 7 days')},
            {value: 'month', label: _('Month'), name: _('Of this month')},
        ], period => this._ask({period}));
        item.add_child(this._kinds);
        item.add_child(new St.Widget({x_expand: true}));
        item.add_child(this._periods);
        return item;
    }

    _ask({by = this._by, period = this._period}) {
        this._by = by;
        this._period = period;
        this._inquiry.forget();
        this.update();
    }

    /** The figures may have changed. */
    update() {
        if (!this.menu.isOpen)
            return;
        this._inquiry.ask();
        this._draw();
    }

    _request() {
        const {day} = this._client.week.at(-1) ?? {};
        const today = isDay(day) ? day : localDay(Date.now());
        switch (this._period) {
        case 'week': return {by: this._by, last: WEEK};
        case 'month': return {by: this._by, since: firstOfMonth(today)};
        default: return {by: this._by, since: today};
        }
    }

    _draw() {
        this._kinds.choose(this._by);
        this._periods.choose(this._period);
        const rows = this._inquiry.answer ?? this._known();
        const measure = measureToShow(this._settings.get_string('menu-measure'), sensibleMeasures(rows ?? []));
        const lines = shares(rows ?? [], measure, ROWS);
        this._haveRows(lines.length);
        const names = this._names(lines);
        lines.forEach((line, i) => this._rows[i].showShare(line, names[i]));
        this._remark.say(this._state(rows, lines));
    }

    // The models of today and of the month are properties: they stand there at once.
    _known() {
        if (this._by !== 'model' || this._period === 'week')
            return null;
        const usage = this._period === 'today' ? this._client.today : this._client.month;
        return usage && usage.models.length > 0 ? usage.models.map(model => ({...model, name: model.model})) : null;
    }

    _names(lines) {
        const _ = this._words.gettext;
        const short = this._by === 'project' ? shortNames(lines.map(({name}) => name).filter(name => name)) : new Map();
        return lines.map(({name, others}) => {
            if (others > 0)
                return fill(this._words.ngettext('{count} other', '{count} others', others), {count: others});
            return short.get(name) ?? name ?? _('Not recorded');
        });
    }

    _state(rows, lines) {
        const _ = this._words.gettext;
        if (this._inquiry.error)
            return fill(_('The figures could not be read: {reason}'), {reason: this._inquiry.error.message});
        if (!rows)
            return _('Reading…');
        if (lines.length === 0)
            return _('No steps yet');
        const unpriced = lines.reduce((total, {usage}) => total + usage.unpricedSteps, 0);
        return unpriced > 0 ? this._words.unpricedSteps(unpriced) : '';
    }

    _haveRows(count) {
        while (this._rows.length > count)
            this._rows.pop().destroy();
        while (this._rows.length < count) {
            const row = new ShareRow(this._words);
            this._rows.push(row);
            this.menu.addMenuItem(row, this._rows.length);
        }
    }

    destroy() {
        this._inquiry.forget();
        this._client = null;
        this._settings = null;
        super.destroy();
    }
}
