// SPDX-License-Identifier: GPL-3.0-or-later
// Where the bars of the chart stand and how tall they are, in pixels of the drawing.
//
// Pure. Time runs in the direction of reading: from right to left where the text does.

const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

// Above the tallest bar there is room for the number of the top line.
const HEADROOM = 1.25;

const BAR_PART = 0.6;

/**
 * @param {number[]} amounts - of the bars
 * @returns {number} a round number above all of them; 1 where all are 0
 */
export function topOf(amounts) {
    const wanted = Math.max(0, ...amounts) * HEADROOM;
    if (wanted === 0 || !Number.isFinite(wanted))
        return 1;
    const power = 10 ** Math.floor(Math.log10(wanted));
    return power * (STEPS.find(step => step * power >= wanted) ?? 10);
}

export class ChartScale {
    /**
     * @param {object} size - of the drawing
     * @param {number} size.width - pixels
     * @param {number} size.height - pixels
     * @param {number} size.count - of bars, at least 1
     * @param {number} size.top - the amount at the upper edge
     * @param {boolean} size.rightToLeft - whether the first bar is the one on the right
     */
    constructor({width, height, count, top, rightToLeft}) {
        this._width = width;
        this._height = height;
        this._count = count;
        this._top = top;
        this._rightToLeft = rightToLeft;
    }

    /**
     * @param {number} index - of the bar, 0 is the oldest
     * @returns {{x: number, width: number}} the room that the bar has
     */
    slot(index) {
        const place = this._rightToLeft ? this._count - 1 - index : index;
        const x = Math.round(place * this._width / this._count);
        return {x, width: Math.round((place + 1) * this._width / this._count) - x};
    }

    /**
     * @param {number} index - of the bar
     * @param {number} amount - what it shows
     * @param {number} unit - the smallest height of what is not nothing
     * @returns {{x: number, y: number, width: number, height: number}} the bar, standing on the lower edge
     */
    bar(index, amount, unit) {
        const slot = this.slot(index);
        const width = Math.max(1, Math.round(slot.width * BAR_PART));
        const height = amount > 0 ? Math.min(this._height, Math.max(unit, Math.round(amount / this._top * this._height))) : 0;
        return {x: slot.x + Math.round((slot.width - width) / 2), y: this._height - height, width, height};
    }

    /**
     * @param {number} x - of the pointer
     * @returns {number} the index of the bar whose room it is in, the nearest one beyond the edges
     */
    indexAt(x) {
        const place = Math.min(this._count - 1, Math.max(0, Math.floor(x / this._width * this._count)));
        return this._rightToLeft ? this._count - 1 - place : place;
    }
}
