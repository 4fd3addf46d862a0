// SPDX-License-Identifier: GPL-3.0-or-later
// The budgets: what is spent of each, what is left, and where it leads at this rate.

import GObject from 'gi://GObject';
import St from 'gi://St';

import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js';

import {budgetLevel, budgetOutlook, budgetSpent, budgetTitle} from '../budgetWords.js';
import {cell, column, nameCell, setText} from './cells.js';
import {LevelBar} from './levelBar.js';

export class BudgetSection extends PopupMenu.PopupMenuSection {
    constructor(words) {
        super();
        this._words = words;
        this._rows = [];
        this._heading = new PopupMenu.PopupSeparatorMenuItem(words.gettext('Budgets'));
        this.addMenuItem(this._heading);
    }

    /** @param {object[]} budgets - as wire.js reads them, in the order of the configuration */
    showBudgets(budgets) {
        while (this._rows.length > budgets.length)
            this._rows.pop().destroy();
        while (this._rows.length < budgets.length) {
            const row = new BudgetRow(this._words);
            this.addMenuItem(row);
            this._rows.push(row);
        }
        budgets.forEach((budget, i) => this._rows[i].showBudget(budget));
        this._heading.visible = budgets.length > 0;
    }
}

class BudgetRow extends PopupMenu.PopupBaseMenuItem {
    static {
        GObject.registerClass(this);
    }

    constructor(words) {
        super({activate: false, style_class: 'octally-row octally-budget'});
        this._words = words;
        this._title = nameCell();
        this._spent = cell('octally-number');
        this._bar = new LevelBar();
        this._outlook = cell('octally-state octally-dim');
        const line = new St.BoxLayout({style_class: 'octally-line', x_expand: true});
        line.add_child(this._title);
        line.add_child(this._spent);
        this.add_child(column(line, this._bar, this._outlook));
    }

    showBudget(budget) {
        const title = budgetTitle(budget, this._words);
        const spent = budgetSpent(budget, this._words);
        const outlook = budgetOutlook(budget, this._words);
        setText(this._title, title);
        setText(this._spent, spent);
        setText(this._outlook, outlook.join(' · '));
        this._bar.showLevel(budget.share, budget.expectedShare);
        this._mark(budgetLevel(budget));
        this.accessible_name = `${title}: ${[spent, ...outlook].join(', ')}`;
    }

    _mark(level) {
        if (this._level === level)
            return;
        this.remove_style_class_name(`octally-${this._level}`);
        this.add_style_class_name(`octally-${level}`);
        this._level = level;
    }
}
