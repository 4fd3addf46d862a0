// SPDX-License-Identifier: GPL-3.0-or-later
// What stands in the top bar: the glyph and the figures, in the user's order.

import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

import {Glyph} from './glyph.js';

export class Readout extends St.BoxLayout {
    static {
        GObject.registerClass(this);
    }

    constructor(icons) {
        super({style_class: 'panel-status-menu-box octally-panel'});
        this._glyph = new Glyph(icons);
        this._labels = [];
        this._shape = '';
        this._mood = null;
        this.add_child(this._glyph);
    }

    /** @param {object} look - of glance.js */
    showLook({segments, mood, alert}) {
        this._glyph.showMood(mood);
        this._setShape(segments.map(segment => segment.glyph ? 'g' : 't').join(''));
        const texts = segments.filter(segment => !segment.glyph);
        texts.forEach((segment, i) => drawText(this._labels[i], segment, alert));
        this._setMood(mood);
    }

    /** Brings the actors into the order of the segments; nothing to do as long as that stays. */
    _setShape(shape) {
        if (this._shape === shape)
            return;
        this._shape = shape;
        this._haveLabels(shape.replace('g', '').length);
        this._glyph.visible = shape.includes('g');
        this.set_child_at_index(this._glyph, Math.max(0, shape.indexOf('g')));
    }

    _haveLabels(count) {
        while (this._labels.length > count)
            this._labels.pop().destroy();
        while (this._labels.length < count) {
            const label = new St.Label({style_class: 'octally-figure', y_align: Clutter.ActorAlign.CENTER});
            this.add_child(label);
            this._labels.push(label);
        }
    }

    _setMood(mood) {
        if (this._mood === mood)
            return;
        this.remove_style_class_name(`octally-${this._mood}`);
        this.add_style_class_name(`octally-${mood}`);
        this._mood = mood;
    }

    destroy() {
        this._glyph.destroy();
        this._glyph = null;
        this._labels = [];
        super.destroy();
    }
}

function drawText(label, segment, alert) {
    const text = label.get_text_direction() === Clutter.TextDirection.RTL ? withMarkInFront(segment.text) : segment.text;
    if (label.text !== text)
        label.text = text;
    if (alert || segment.alert)
        label.add_style_class_name('octally-alert');
    else
        label.remove_style_class_name('octally-alert');
}

// The mark of an estimate stands before its amount in every language: without the invisible sign that begins writing
// from the left it would come behind.
function withMarkInFront(text) {
    return text.replaceAll('~', '\u200e~');
}
