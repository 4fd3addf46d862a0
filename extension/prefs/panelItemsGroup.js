// SPDX-License-Identifier: GPL-3.0-or-later
// What the top bar shows, and in which order: a list whose rows can be switched on and moved.

import Adw from 'gi://Adw';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {moveItem, moveTo, shownFirst} from '../itemOrder.js';
import {budgetItem, budgetOf, PANEL_ITEMS, STATE} from '../panelItems.js';
import {PanelItemRow} from './panelItemRow.js';

const KEY = 'panel-items';

export class PanelItemsGroup {
    constructor({settings, service}) {
        this._settings = settings;
        this._service = service;
        /** @type {Map<string, PanelItemRow>} */
        this._rows = new Map();
        this._list = new Gtk.ListBox({css_classes: ['boxed-list'], selection_mode: Gtk.SelectionMode.NONE});
        this._list.update_property([Gtk.AccessibleProperty.LABEL], [_('Shown in the top bar')]);
        this._list.set_sort_func((/** @type {PanelItemRow} */ a, /** @type {PanelItemRow} */ b) =>
            this._order.indexOf(a.item) - this._order.indexOf(b.item));
        this.group = new Adw.PreferencesGroup({
            title: _('Items'), description: _('A click on a pin in the menu does the same.'),
        });
        this.group.add(this._list);
        settings.connect(`changed::${KEY}`, () => this._draw());
        service.connect('changed', () => this._draw());
        this._draw();
    }

    get _items() {
        const items = this._settings.get_strv(KEY);
        return items.includes(STATE) ? items : [STATE, ...items];
    }

    get _shown() {
        return this._items.filter(isKnown);
    }

    _draw() {
        const shown = this._shown;
        const budgets = this._service.budgets.map(({id}) => budgetItem(id));
        this._order = shownFirst(shown, [...PANEL_ITEMS, ...budgets].filter(isKnown));
        this._haveRows(this._order);
        for (const [item, row] of this._rows)
            row.showPlace(shown.indexOf(item), shown.length);
        this._list.invalidate_sort();
    }

    _haveRows(items) {
        for (const [item, row] of this._rows) {
            if (!items.includes(item)) {
                this._list.remove(row);
                this._rows.delete(item);
            }
        }
        for (const item of items.filter(wanted => !this._rows.has(wanted))) {
            const row = new PanelItemRow(item, {
                toggled: isOn => this._toggle(item, isOn),
                moved: places => this._save(moveItem(this._shown, item, places)),
                dropped: other => this._save(moveTo(this._shown, other, item)),
            });
            this._rows.set(item, row);
            this._list.append(row);
        }
    }

    _toggle(item, isOn) {
        const others = this._items.filter(other => other !== item);
        this._save(isOn ? [...others, item] : others);
    }

    _save(items) {
        this._settings.set_strv(KEY, items);
    }
}

function isKnown(item) {
    return PANEL_ITEMS.includes(item) || budgetOf(item) !== null;
}
