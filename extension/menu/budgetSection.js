// SPDX-License-Identifier: GPL-3.0-or-later
// The budgets: what is spent of each, what is left, and where it leads at this rate.

import GObject from 'gi://GObject';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {budgetLevel, budgetOutlook, budgetSpent, budgetTitles} from '../budgetWords.js';
import {budgetItem} from '../panelItems.js';
import {cell, column, nameCell, numberCell, setText} from './cells.js';
import {LevelBar} from './levelBar.js';

export class BudgetSection extends PopupMenu.PopupMenuSection {
    constructor(words, pins) {
        super();
        this._words = words;
        this._pins = pins;
        this._rows = new Map();
        this._shown = '[]';
        this._heading = new PopupMenu.PopupSeparatorMenuItem(words.gettext('Budgets'));
        this.addMenuItem(this._heading);
    }

    /** @param {object[]} budgets - as wire.js reads them, in the order of the configuration */
    showBudgets(budgets) {
        this._haveRows(budgets, budgetTitles(budgets, this._words));
        for (const budget of budgets)
            this._rows.get(budget.id).showBudget(budget);
        this._heading.visible = budgets.length > 0;
    }

    /** One row for each budget, in their order; a row belongs to its budget and has its title, because its pin does. */
    _haveRows(budgets, titles) {
        const wanted = JSON.stringify(budgets.map(({id}, i) => [id, titles[i]]));
        if (this._shown === wanted)
            return;
        this._shown = wanted;
        for (const row of this._rows.values())
            row.destroy();
        this._rows = new Map(budgets.map(({id}, i) => [id, new BudgetRow(id, titles[i], this._words, this._pins)]));
        for (const row of this._rows.values())
            this.addMenuItem(row);
    }
}

class BudgetRow extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(id, title, words, pins) {
        super({activate: false, style_class: 'octally-row octally-budget'});
        this._words = words;
        this._name = title;
        this._pin = pins.makePin([budgetItem(id)], title);
        this._spent = numberCell('octally-spent');
        this._bar = new LevelBar();
        this._outlook = cell('octally-state octally-dim');
        const line = new St.BoxLayout({style_class: 'octally-line', x_expand: true});
        line.add_child(nameCell(title));
        line.add_child(this._pin);
        line.add_child(this._spent);
        this.add_child(column(line, this._bar, this._outlook));
    }

    showBudget(budget) {
        const spent = budgetSpent(budget, this._words);
        const outlook = budgetOutlook(budget, this._words);
        setText(this._spent, spent);
        setText(this._outlook, outlook.join(' · '));
        this._bar.showLevel(budget.share, budget.expectedShare);
        this._mark(budgetLevel(budget));
        this.accessible_name = `${this._name}: ${[spent, ...outlook].join(', ')}`;
    }

    vfunc_key_press_event(event) {
        return this._pin.movesFocus(this, event) || super.vfunc_key_press_event(event);
    }

    _mark(level) {
        if (this._level === level)
            return;
        this.remove_style_class_name(`octally-${this._level}`);
        this.add_style_class_name(`octally-${level}`);
        this._level = level;
    }
}
