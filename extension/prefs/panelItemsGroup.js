// SPDX-License-Identifier: GPL-3.0-or-later
// What the top bar shows, and in which order: a list whose rows can be switched on and moved.

import Adw from 'gi://Adw';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {moveItem, shownFirst} from '../itemOrder.js';
import {budgetItem, budgetOf, PANEL_ITEMS, STATE} from '../panelItems.js';
import {fill} from '../words.js';
import {iconButton} from './rows.js';

const KEY = 'panel-items';

export class PanelItemsGroup {
    constructor({settings, service}) {
        this._settings = settings;
        this._service = service;
        this._rows = new Map();
        this._list = new Gtk.ListBox({css_classes: ['boxed-list'], selection_mode: Gtk.SelectionMode.NONE});
        this._list.update_property([Gtk.AccessibleProperty.LABEL], [_('Shown in the top bar')]);
        this._list.set_sort_func((a, b) => this._order.indexOf(a.item) - this._order.indexOf(b.item));
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

    _draw() {
        const items = this._items;
        const budgets = this._service.budgets.map(({id}) => budgetItem(id));
        this._order = shownFirst(items, [...PANEL_ITEMS, ...budgets]).filter(isKnown);
        this._haveRows(this._order);
        const shown = items.filter(isKnown);
        for (const [item, row] of this._rows)
            row.show(shown.indexOf(item), shown.length);
        this._list.invalidate_sort();
    }

    _haveRows(items) {
        for (const [item, {row}] of this._rows) {
            if (!items.includes(item)) {
                this._list.remove(row);
                this._rows.delete(item);
            }
        }
        for (const item of items.filter(wanted => !this._rows.has(wanted))) {
            const row = new ItemRow(item, {
                onToggled: on => this._toggle(item, on),
                onMoved: places => this._settings.set_strv(KEY, moveItem(this._items.filter(isKnown), item, places)),
            });
            this._rows.set(item, row);
            this._list.append(row.row);
        }
    }

    _toggle(item, on) {
        const others = this._items.filter(other => other !== item);
        this._settings.set_strv(KEY, on ? [...others, item] : others);
    }
}

/** Its switch, and its buttons to move it; the state's glyph has its own preference to be shown or not. */
class ItemRow {
    constructor(item, {onToggled, onMoved}) {
        const title = itemName(item);
        this.row = new Adw.ActionRow({title, use_markup: false});
        this.row.item = item;
        this._up = iconButton('go-up-symbolic', fill(_('Move {item} forward'), {item: title}), () => onMoved(-1));
        this._down = iconButton('go-down-symbolic', fill(_('Move {item} back'), {item: title}), () => onMoved(1));
        this.row.add_suffix(this._up);
        this.row.add_suffix(this._down);
        this._drawing = false;
        this._switch = new Gtk.Switch({valign: Gtk.Align.CENTER, visible: item !== STATE});
        this._switch.connect('notify::active', () => this._drawing || onToggled(this._switch.active));
        this.row.add_suffix(this._switch);
        if (item !== STATE)
            // This names the switch by the row, too.
            this.row.activatable_widget = this._switch;
    }

    /** @param {number} place - among the shown ones; negative: it is not */
    show(place, count) {
        this._drawing = true;
        this._switch.active = place >= 0;
        this._drawing = false;
        for (const button of [this._up, this._down])
            button.visible = place >= 0;
        this._up.sensitive = place > 0;
        this._down.sensitive = place < count - 1;
    }
}

function isKnown(item) {
    return PANEL_ITEMS.includes(item) || budgetOf(item) !== null;
}

function itemName(item) {
    switch (item) {
    case STATE: return _('State of the sessions');
    case 'session-tokens': return _('Session: fresh tokens');
    case 'session-cost': return _('Session: cost');
    case 'today-tokens': return _('Today: fresh tokens');
    case 'today-cost': return _('Today: cost');
    case 'month-tokens': return _('Month: fresh tokens');
    case 'month-cost': return _('Month: cost');
    case 'total-tokens': return _('Total: fresh tokens');
    case 'total-cost': return _('Total: cost');
    default: return otherName(item);
    }
}

function otherName(item) {
    switch (item) {
    case 'tokens-per-minute': return _('Fresh tokens per minute');
    case 'cost-per-hour': return _('Cost per hour');
    case 'budget': return _('Left of the budget that is nearest to its limit');
    default: return fill(_('Left of the budget {name}'), {name: budgetOf(item)});
    }
}
