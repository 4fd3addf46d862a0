// SPDX-License-Identifier: GPL-3.0-or-later
// One line of the usage table: the name of a range, its pin, its four figures, and a submenu with the
// same figures for each model, which is filled when it is unfolded.

import GObject from 'gi://GObject';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {shownCurrency} from '../currency.js';
import {rangeItems} from '../panelItems.js';
import {arrowSpace, cell, FigureCells, nameCell} from './cells.js';

export class UsageRow extends PopupMenu.PopupSubMenuMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(range, words, pins) {
        const name = words.range(range);
        super(name, false);
        this._name = name;
        this._words = words;
        this._shown = null;
        this._cells = new FigureCells();
        this._pin = pins.makePin(rangeItems(range), name);
        this.add_style_class_name('octally-row');
        // The last child is the arrow of the submenu; it stays at the end of the line.
        for (const label of [this._pin, ...this._cells.all])
            this.insert_child_at_index(label, this.get_n_children() - 1);
        // The name alone would be read out otherwise.
        this.label_actor = null;
    }

    /**
     * @param {object} usage - as wire.js reads it
     * @param {string[]} remarks - lines for the end of the submenu
     */
    showUsage(usage, remarks = []) {
        const shown = JSON.stringify([usage, remarks, shownCurrency()]);
        if (this._shown === shown)
            return;

        this._shown = shown;
        this._cells.show(usage);
        this.accessible_name = `${this._name}: ${this._words.usage(usage)}`;
        this._showModels = () => this._fill(usage, remarks);
        if (this.menu.isOpen)
            this._showModels();
        else
            this.menu.removeAll();
    }

    setSubmenuShown(open) {
        if (open)
            this._showModels();
        super.setSubmenuShown(open);
    }

    _fill(usage, remarks) {
        this.menu.removeAll();
        for (const model of usage.models)
            this.menu.addMenuItem(new ModelRow(model, this._words));
        if (usage.steps === 0)
            this.menu.addMenuItem(makeRemark(this._words.gettext('No steps yet')));
        if (usage.unpricedSteps > 0)
            this.menu.addMenuItem(makeRemark(this._words.unpricedSteps(usage.unpricedSteps)));
        for (const remark of remarks)
            this.menu.addMenuItem(makeRemark(remark));
    }

    vfunc_key_press_event(event) {
        return this._pin.movesFocus(this, event) || super.vfunc_key_press_event(event);
    }
}

class ModelRow extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(usage, words) {
        super({activate: false, style_class: 'octally-row'});
        const cells = new FigureCells();
        this.add_child(nameCell(usage.model));
        for (const label of cells.all)
            this.add_child(label);
        this.add_child(arrowSpace());
        cells.show(usage);
        this.accessible_name = `${usage.model}: ${words.usage(usage)}`;
    }
}

function makeRemark(text) {
    const item = new PopupMenu.PopupBaseMenuItem({activate: false, style_class: 'octally-row'});
    item.add_child(cell('octally-dim', text));
    item.accessible_name = text;
    return item;
}
