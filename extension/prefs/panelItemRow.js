// SPDX-License-Identifier: GPL-3.0-or-later
// One item of the top bar in the list of the preferences: it is switched on, and moved by its buttons or by
// dragging its row to another one.

import Adw from 'gi://Adw';
import Gdk from 'gi://Gdk';
import GObject from 'gi://GObject';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {budgetOf, STATE} from '../panelItems.js';
import {fill} from '../words.js';
import {iconButton} from './rows.js';

/** Its switch, and its buttons to move it; the state's glyph has its own preference to be shown or not. */
export class PanelItemRow extends Adw.ActionRow {
    static {
        GObject.registerClass(this);
    }

    /**
     * @param {string} item - of panelItems.js
     * @param {object} on - what to do
     * @param {(isOn: boolean) => void} on.toggled - shows or hides it
     * @param {(places: number) => void} on.moved - by so many places
     * @param {(item: string) => void} on.dropped - another item, which is to take this one's place
     */
    constructor(item, on) {
        super({title: itemName(item), use_markup: false});
        this.item = item;
        this._drawing = false;
        this._handle = dragHandle();
        this.add_prefix(this._handle);
        this._up = iconButton('go-up-symbolic', fill(_('Move {item} forward'), {item: this.title}), () => on.moved(-1));
        this._down = iconButton('go-down-symbolic', fill(_('Move {item} back'), {item: this.title}), () => on.moved(1));
        this.add_suffix(this._up);
        this.add_suffix(this._down);
        this._addSwitch(on.toggled);
        this._addDragging(on.dropped);
    }

    _addSwitch(toggled) {
        const isState = this.item === STATE;
        this._switch = new Gtk.Switch({valign: Gtk.Align.CENTER, visible: !isState});
        this._switch.connect('notify::active', () => this._drawing || toggled(this._switch.active));
        this.add_suffix(this._switch);
        if (!isState)
            // This names the switch by the row, too.
            this.activatable_widget = this._switch;
    }

    _addDragging(dropped) {
        this._source = new Gtk.DragSource({actions: Gdk.DragAction.MOVE});
        this._source.connect('prepare', (_source, x, y) => {
            this._grip = [x, y];
            return Gdk.ContentProvider.new_for_value(this);
        });
        this._source.connect('drag-begin', (_source, drag) => this._showDragged(drag));
        this.add_controller(this._source);

        const target = Gtk.DropTarget.new(PanelItemRow.$gtype, Gdk.DragAction.MOVE);
        target.connect('enter', () => {
            this._list.drag_highlight_row(this);
            return Gdk.DragAction.MOVE;
        });
        target.connect('leave', () => this._list.drag_unhighlight_row());
        target.connect('drop', (_target, /** @type {any} */ row) => {
            dropped(row.item);
            return true;
        });
        this.add_controller(target);
    }

    get _list() {
        return /** @type {Gtk.ListBox} */ (this.get_parent());
    }

    _showDragged(drag) {
        const list = new Gtk.ListBox({css_classes: ['boxed-list'], width_request: this.get_width()});
        const row = new Adw.ActionRow({title: this.title, use_markup: false});
        row.add_prefix(dragHandle());
        list.append(row);
        const icon = /** @type {Gtk.DragIcon} */ (Gtk.DragIcon.get_for_drag(drag));
        icon.child = list;
        drag.set_hotspot(...this._grip);
    }

    /**
     * @param {number} place - among the shown ones; negative: it is not
     * @param {number} count - of the shown ones
     */
    showPlace(place, count) {
        const isShown = place >= 0;
        this._drawing = true;
        this._switch.active = isShown;
        this._drawing = false;
        this._handle.opacity = isShown ? 1 : 0;
        this._source.propagation_phase = isShown ? Gtk.PropagationPhase.BUBBLE : Gtk.PropagationPhase.NONE;
        for (const button of [this._up, this._down])
            button.visible = isShown;
        this._up.sensitive = place > 0;
        this._down.sensitive = place < count - 1;
    }
}

function dragHandle() {
    return new Gtk.Image({
        icon_name: 'list-drag-handle-symbolic', css_classes: ['dim-label'], accessible_role: Gtk.AccessibleRole.PRESENTATION,
    });
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
