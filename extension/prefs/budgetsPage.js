// SPDX-License-Identifier: GPL-3.0-or-later
// The budgets: a row for each, and a dialog to add or change one.

import Adw from 'gi://Adw';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {freeId, limitText, stateText} from '../budgetForm.js';
import {percent} from '../format.js';
import {fill} from '../words.js';
import {BudgetDialog} from './budgetDialog.js';
import {confirm} from './confirm.js';
import {iconButton, textButton} from './rows.js';
import {servicePage} from './servicePage.js';
import {tell} from './toast.js';

const NEW_BUDGET = {period: 'month', limitUsd: 50, project: null, counts: 'billed', warnAt: [50, 80, 100]};

/**
 * @param {object} context - service and window
 * @returns {Adw.PreferencesPage} the page
 */
export function budgetsPage(context) {
    const look = {title: _('Budgets'), name: 'budgets', icon_name: 'x-office-calendar-symbolic'};
    return servicePage(context, look, [new BudgetsGroup(context).group]);
}

class BudgetsGroup {
    constructor(context) {
        this._context = context;
        this._rows = [];
        this._empty = new Adw.ActionRow({title: _('No budgets yet'), subtitle: _('A budget warns you before OpenCode has spent it')});
        this.group = new Adw.PreferencesGroup({
            title: _('Budgets'),
            description: _('What may be spent in a day, a week or a month. Nothing is stopped when it is spent.'),
            header_suffix: textButton(_('Add…'), () => this._add(), _('Add a budget')),
        });
        this.group.add(this._empty);
        context.service.connect('changed', () => this._draw());
        this._draw();
    }

    /** Rows that stay are drawn over, so that the keyboard's focus stays where it is while money is spent. */
    _draw() {
        const {budgets} = this._context.service;
        const ids = budgets.map(({id}) => id);
        if (this._rows.map(({id}) => id).join('/') !== ids.join('/'))
            this._replaceRows(ids);
        budgets.forEach((budget, i) => this._rows[i].show(budget));
        this._empty.visible = budgets.length === 0;
    }

    _replaceRows(ids) {
        for (const {row} of this._rows)
            this.group.remove(row);
        this._rows = ids.map(id => new BudgetRow(id, this._context));
        for (const {row} of this._rows)
            this.group.add(row);
    }

    _add() {
        const {service} = this._context;
        const id = freeId(NEW_BUDGET.period, service.budgets.map(budget => budget.id));
        new BudgetDialog(this._context, {...NEW_BUDGET, id}, {isNew: true}).present();
    }
}

class BudgetRow {
    constructor(id, context) {
        this.id = id;
        this._context = context;
        this._share = new Gtk.ProgressBar({valign: Gtk.Align.CENTER, width_request: 80});
        this.row = new Adw.ActionRow({use_markup: false});
        this.row.add_suffix(this._share);
        this.row.add_suffix(iconButton('document-edit-symbolic', fill(_('Change the budget {name}'), {name: id}), () => this._edit()));
        this.row.add_suffix(iconButton('user-trash-symbolic', fill(_('Remove the budget {name}'), {name: id}), () => this._remove()));
    }

    show(budget) {
        this._budget = budget;
        this.row.title = limitText(budget, _);
        this.row.subtitle = stateText(budget, _);
        this._share.fraction = Math.min(1, budget.share ?? 0);
        this._share.update_property([Gtk.AccessibleProperty.LABEL], [fill(_('{percent} spent'), {percent: percent(budget.share)})]);
        if (budget.share >= 1)
            this._share.add_css_class('error');
        else
            this._share.remove_css_class('error');
    }

    _edit() {
        new BudgetDialog(this._context, this._budget, {isNew: false}).present();
    }

    _remove() {
        const {service, window} = this._context;
        confirm(window, {
            heading: fill(_('Remove the Budget “{name}”?'), {name: this.id}),
            body: _('What was spent stays counted.'),
            label: _('Remove'),
        }, () => tell(window, service.removeBudget(this.id)));
    }
}
