// SPDX-License-Identifier: GPL-3.0-or-later
// The drawing of the chart: one bar a day, one day picked out by the pointer or the keyboard.

import Atk from 'gi://Atk';
import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

import {ChartScale} from '../chartScale.js';
import {roundedTop, setColor, themeColor} from './painting.js';

const NONE = -1;
const CORNER = 3;

export class Chart extends St.DrawingArea {
    static {
        GObject.registerClass({
            Signals: {
                // Another day is picked out, or none.
                'selected': {},
            },
        }, this);
    }

    constructor() {
        super({
            style_class: 'octally-chart',
            accessible_role: Atk.Role.CHART,
            reactive: true,
            can_focus: true,
            track_hover: true,
            x_expand: true,
        });
        this._bars = [];
        this._top = 1;
        this._selected = NONE;
    }

    /** The index of the day that is picked out; -1: none. */
    get selected() {
        return this._selected;
    }

    /**
     * @param {object[]} bars - oldest first: amount (null if unknown), isToday
     * @param {number} top - the amount at the upper edge
     */
    draw(bars, top) {
        this._bars = bars;
        this._top = top;
        if (this._selected >= bars.length)
            this._selected = NONE;
        this.queue_repaint();
    }

    _select(index) {
        if (this._selected === index)
            return;
        this._selected = index;
        this.queue_repaint();
        this.emit('selected');
    }

    _scale(width, height) {
        return new ChartScale({
            width,
            height,
            count: this._bars.length,
            top: this._top,
            rightToLeft: this._isRightToLeft(),
        });
    }

    _isRightToLeft() {
        return this.get_text_direction() === Clutter.TextDirection.RTL;
    }

    vfunc_motion_event(event) {
        const [stageX, stageY] = event.get_coords();
        const [found, x] = this.transform_stage_point(stageX, stageY);
        if (found && this._bars.length > 0)
            this._select(this._scale(this.width, this.height).indexAt(x));
        return Clutter.EVENT_PROPAGATE;
    }

    vfunc_leave_event(event) {
        this._select(this.has_key_focus() ? this._bars.length - 1 : NONE);
        return super.vfunc_leave_event(event);
    }

    vfunc_key_focus_in() {
        super.vfunc_key_focus_in();
        this._select(this._bars.length - 1);
    }

    vfunc_key_focus_out() {
        super.vfunc_key_focus_out();
        this._select(NONE);
    }

    vfunc_key_press_event(event) {
        const index = this._indexAfter(event.get_key_symbol());
        if (index === null)
            return super.vfunc_key_press_event(event);
        this._select(Math.min(this._bars.length - 1, Math.max(0, index)));
        return Clutter.EVENT_STOP;
    }

    _indexAfter(symbol) {
        const forward = this._isRightToLeft() ? -1 : 1;
        switch (symbol) {
        case Clutter.KEY_Left: return this._selected - forward;
        case Clutter.KEY_Right: return this._selected + forward;
        case Clutter.KEY_Home: return 0;
        case Clutter.KEY_End: return this._bars.length - 1;
        default: return null;
        }
    }

    vfunc_repaint() {
        const cr = this.get_context();
        const [width, height] = this.get_surface_size();
        const unit = St.ThemeContext.get_for_stage(global.stage).scale_factor;
        const node = this.get_theme_node();
        const paint = {
            cr,
            unit,
            width,
            height,
            scale: this._scale(width, height - unit),
            bar: node.get_foreground_color(),
            line: themeColor(node, '-octally-line-color'),
        };
        if (this._selected !== NONE)
            paintSelection(paint, this._selected);
        paintLines(paint);
        this._bars.forEach((bar, index) => paintDay(paint, bar, index));
        cr.$dispose();
    }
}

function paintSelection({cr, height, scale, line, unit}, index) {
    const {x, width} = scale.slot(index);
    setColor(cr, line, 0.6);
    roundedTop(cr, {x, y: 0, width, height}, CORNER * unit);
    cr.fill();
}

function paintLines({cr, unit, width, height, line}) {
    setColor(cr, line, 0.7);
    cr.rectangle(0, 0, width, unit);
    cr.rectangle(0, Math.round(height / 2), width, unit);
    cr.fill();
}

function paintDay(paint, bar, index) {
    const {cr, unit, height, line, scale} = paint;
    const slot = scale.slot(index);
    setColor(cr, line, 2);
    // Nothing is known of a day: its part of the base line is only dots.
    const dot = bar.amount === null ? 2 * unit : slot.width;
    for (let x = slot.x; x < slot.x + slot.width; x += 3 * dot)
        cr.rectangle(x, height - unit, dot, unit);
    cr.fill();
    if (bar.amount > 0)
        paintBar(paint, bar, index);
}

function paintBar({cr, unit, scale, bar: color}, {amount, isToday}, index) {
    const box = scale.bar(index, amount, 2 * unit);
    if (!isToday) {
        setColor(cr, color);
        roundedTop(cr, box, CORNER * unit);
        cr.fill();
        return;
    }
    // Today goes on: a bar that is not filled yet.
    setColor(cr, color, 0.35);
    roundedTop(cr, box, CORNER * unit);
    cr.fill();
    setColor(cr, color);
    cr.setLineWidth(1.5 * unit);
    const inset = 0.75 * unit;
    roundedTop(cr, {x: box.x + inset, y: box.y + inset, width: box.width - 2 * inset, height: box.height - inset}, CORNER * unit);
    cr.stroke();
}
