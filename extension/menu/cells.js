// SPDX-License-Identifier: GPL-3.0-or-later
// The cells of the menu's tables. Their widths stand in the style sheet, which is what aligns the columns
// of rows that are menu items of their own.

import Clutter from 'gi://Clutter';
import Pango from 'gi://Pango';
import St from 'gi://St';

import {billedCost, cacheHitRate, compactTokens, estimatedCost} from '../format.js';

/**
 * @param {string} styleClass - decides width and colour
 * @param {string} text - what it shows
 * @returns {St.Label} a cell that ends with an ellipsis where the text is too long
 */
export function cell(styleClass, text = '') {
    const label = new St.Label({style_class: styleClass, text, y_align: Clutter.ActorAlign.CENTER});
    label.clutter_text.ellipsize = Pango.EllipsizeMode.END;
    return label;
}

/**
 * @param {string} styleClass - decides width and colour
 * @param {string} text - what it shows
 * @returns {St.Label} a cell with a figure, whose signs stand on the same side in every language
 */
export function numberCell(styleClass, text = '') {
    const label = cell(`octally-number ${styleClass}`, text);
    label.clutter_text.set_text_direction(Clutter.TextDirection.LTR);
    return label;
}

/**
 * @param {string} text - what it shows
 * @returns {St.Label} the first cell of a row, which takes the room that the others leave
 */
export function nameCell(text = '') {
    const label = cell('octally-name', text);
    label.x_expand = true;
    return label;
}

/**
 * @param {St.Label} label - any label
 * @param {string} text - drawn only if it is another one
 */
export function setText(label, text) {
    if (label.text !== text)
        label.text = text;
}

/**
 * @param {St.Widget[]} parts - from top to bottom
 * @returns {St.BoxLayout} the first cell of a row with several lines
 */
export function column(...parts) {
    const box = new St.BoxLayout({x_expand: true, y_align: Clutter.ActorAlign.CENTER});
    // The portable way from 46 to 51: "vertical" is gone in 51, "orientation" is new in 48.
    box.layout_manager.orientation = Clutter.Orientation.VERTICAL;
    for (const part of parts)
        box.add_child(part);
    return box;
}

/**
 * @returns {St.Widget} as wide as a submenu's arrow, for rows without one
 */
export function arrowSpace() {
    return new St.Widget({style_class: 'octally-arrow-space'});
}

/** The four figures of a usage: fresh tokens, cache hit rate, cost billed, cost estimated. */
export class FigureCells {
    constructor() {
        this.freshTokens = numberCell('octally-tokens');
        this.cacheHitRate = numberCell('octally-rate');
        this.billed = numberCell('octally-cost');
        this.estimated = numberCell('octally-cost octally-dim');
        this.all = [this.freshTokens, this.cacheHitRate, this.billed, this.estimated];
    }

    /** @param {object} usage - as wire.js reads it */
    show(usage) {
        setText(this.freshTokens, compactTokens(usage.freshTokens));
        setText(this.cacheHitRate, cacheHitRate(usage.tokens));
        setText(this.billed, billedCost(usage));
        setText(this.estimated, estimatedCost(usage));
    }
}
