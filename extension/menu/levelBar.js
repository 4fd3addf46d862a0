// SPDX-License-Identifier: GPL-3.0-or-later
// A thin bar that is filled in part, and fainter as far as it is expected to go.

import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

import {roundedEnds, setColor, themeColor} from './painting.js';

export class LevelBar extends St.DrawingArea {
    static {
        GObject.registerClass(this);
    }

    constructor() {
        // What it shows stands in words in the row.
        super({style_class: 'octally-level', x_expand: true});
        this._share = 0;
        this._expected = 0;
    }

    /**
     * @param {?number} share - a part of 1; more fills the bar, null leaves it empty
     * @param {?number} expected - where the share is going; null if unknown
     */
    showLevel(share, expected = null) {
        this._share = Math.min(1, share ?? 0);
        this._expected = Math.min(1, expected ?? 0);
        this.queue_repaint();
    }

    vfunc_repaint() {
        const cr = this.get_context();
        const [width, height] = this.get_surface_size();
        const node = this.get_theme_node();
        const color = node.get_foreground_color();
        this._fill(cr, width, height, 1, () => setColor(cr, themeColor(node, '-octally-line-color')));
        this._fill(cr, width, height, this._expected, () => setColor(cr, color, 0.35));
        this._fill(cr, width, height, this._share, () => setColor(cr, color));
        cr.$dispose();
    }

    _fill(cr, width, height, share, paint) {
        if (share <= 0)
            return;
        const length = Math.max(height, share * width);
        const x = this.get_text_direction() === Clutter.TextDirection.RTL ? width - length : 0;
        paint();
        roundedEnds(cr, {x, y: 0, width: length, height});
        cr.fill();
    }
}
