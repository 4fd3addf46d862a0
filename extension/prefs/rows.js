// SPDX-License-Identifier: GPL-3.0-or-later
// Rows that several pages use.

import Adw from 'gi://Adw';
import GObject from 'gi://GObject';
import Gtk from 'gi://Gtk';

import {SettingLink} from './settingLink.js';

/** @typedef {{title: string, subtitle?: string}} Texts */
/** @typedef {Adw.ComboRow & {choices: any[]}} ChoiceRow */

/** A number from 0 on. Adw.SpinRow is not to be found on the accessibility bus, so a screen reader would pass it by. */
export class SpinRow extends Adw.ActionRow {
    static {
        GObject.registerClass(this);
    }

    constructor(texts, {upper, step, digits}) {
        super(texts);
        this.spin = new Gtk.SpinButton({
            digits,
            numeric: true,
            valign: Gtk.Align.CENTER,
            width_chars: 7,
            adjustment: new Gtk.Adjustment({lower: 0, upper, step_increment: step, page_increment: step * 10}),
        });
        this.add_suffix(this.spin);
        // This also names it by the row.
        this.activatable_widget = this.spin;
        this.showNumber(0);
    }

    /** @param {number} value - which may have more digits than are shown, or be larger than what can be typed */
    showNumber(value) {
        this._given = value;
        this._showing = true;
        this.spin.value = value;
        this._showing = false;
        this._shown = this.spin.text;
    }

    /** What was given, to the last digit, as long as that is what is shown; else what is shown. */
    get number() {
        return this.spin.text === this._shown ? this._given : Number(this.spin.value.toFixed(this.spin.digits));
    }

    /** @param {(value: number) => void} act - when the user has changed it: GTK also rounds what the focus only passes by */
    onChanged(act) {
        this.spin.connect('value-changed', () => {
            if (this._showing || this.spin.text === this._shown)
                return;
            this._given = this.number;
            this._shown = this.spin.text;
            act(this._given);
        });
    }
}

/**
 * @param {object} context - service and window
 * @param {string} key - of the service's settings: on or off
 * @param {Texts} texts - of the row
 * @returns {Adw.SwitchRow} tied to it
 */
export function switchRow(context, key, texts) {
    const row = new Adw.SwitchRow(texts);
    const link = new SettingLink(context, key, on => row.set_active(on));
    row.connect('notify::active', () => link.push(row.active));
    return row;
}

/**
 * @param {object} context - service and window
 * @param {string} key - of the service's settings: a number
 * @param {Texts} texts - of the row
 * @param {object} range - upper, step, and digits after the decimal sign
 * @returns {SpinRow} tied to it
 */
export function numberRow(context, key, texts, {upper, step, digits = 0}) {
    const row = new SpinRow(texts, {upper, step, digits});
    const link = new SettingLink(context, key, value => row.showNumber(value));
    row.onChanged(value => link.push(value));
    return row;
}

/**
 * @param {Texts} texts - of the row
 * @param {any[][]} choices - value and label of each
 * @returns {ChoiceRow} to be read and set with chosen() and choose()
 */
export function choiceRow(texts, choices) {
    const row = /** @type {ChoiceRow} */ (new Adw.ComboRow(texts));
    offer(row, choices);
    return row;
}

/**
 * @param {ChoiceRow} row - of choiceRow()
 * @param {any[][]} choices - value and label of each, in place of the former
 */
export function offer(row, choices) {
    row.choices = choices.map(([value]) => value);
    row.model = Gtk.StringList.new(choices.map(([, label]) => label));
}

/**
 * @param {ChoiceRow} row - of choiceRow()
 * @returns {any} the chosen value
 */
export function chosen(row) {
    return row.choices[row.selected];
}

/**
 * @param {ChoiceRow} row - of choiceRow()
 * @param {any} value - to choose, if it is offered
 */
export function choose(row, value) {
    const index = row.choices.indexOf(value);
    if (index >= 0)
        row.selected = index;
}

/**
 * @param {string} icon - name of a symbolic icon
 * @param {string} name - what the button does, for the tooltip and the screen reader
 * @param {() => any} act - on a click
 * @returns {Gtk.Button} flat, for the end of a row
 */
export function iconButton(icon, name, act) {
    const button = new Gtk.Button({icon_name: icon, tooltip_text: name, valign: Gtk.Align.CENTER, css_classes: ['flat']});
    button.update_property([Gtk.AccessibleProperty.LABEL], [name]);
    button.connect('clicked', act);
    return button;
}

/**
 * @param {string} label - on the button
 * @param {() => any} act - on a click
 * @param {string} name - for the screen reader, where the label alone does not say enough
 * @returns {Gtk.Button} for the end of a row
 */
export function textButton(label, act, name = label) {
    const button = new Gtk.Button({label, valign: Gtk.Align.CENTER});
    // GTK names a button by its label, which would go before the property.
    button.reset_relation(Gtk.AccessibleRelation.LABELLED_BY);
    button.update_property([Gtk.AccessibleProperty.LABEL], [name]);
    button.connect('clicked', act);
    return button;
}

/**
 * @param {string} title - what it is
 * @param {string} value - plain text; the user can select it
 * @returns {Adw.ActionRow} that shows it
 */
export function factRow(title, value) {
    return new Adw.ActionRow({title, subtitle: value, use_markup: false, subtitle_selectable: true, css_classes: ['property']});
}

/**
 * @param {Adw.PreferencesGroup} group - whose former rows go
 * @param {Gtk.Widget[]} former - the rows that it has
 * @param {Gtk.Widget[]} rows - the rows that it gets
 * @returns {Gtk.Widget[]} the latter
 */
export function replaceRows(group, former, rows) {
    for (const row of former)
        group.remove(row);
    for (const row of rows)
        group.add(row);
    return rows;
}
