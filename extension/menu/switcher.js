// SPDX-License-Identifier: GPL-3.0-or-later
// A row of small buttons of which one is chosen.

import Atk from 'gi://Atk';
import Clutter from 'gi://Clutter';
import GObject from 'gi://GObject';
import St from 'gi://St';

const DIRECTIONS = new Map([
    [Clutter.KEY_Left, St.DirectionType.LEFT],
    [Clutter.KEY_Right, St.DirectionType.RIGHT],
]);

export class Switcher extends St.BoxLayout {
    static {
        GObject.registerClass(this);
    }

    /**
     * @param {object[]} choices - value, label, and name: what a screen reader says
     * @param {Function} onChosen - called with the value of the button that was pressed
     */
    constructor(choices, onChosen) {
        // Reactive, so that keys come by.
        super({style_class: 'octally-switcher', reactive: true});
        this._buttons = new Map(choices.map(choice => [choice.value, this._addButton(choice, onChosen)]));
    }

    _addButton({value, label, name}, onChosen) {
        const button = new St.Button({
            style_class: 'octally-choice',
            label,
            accessible_name: name,
            accessible_role: Atk.Role.RADIO_BUTTON,
            can_focus: true,
            track_hover: true,
        });
        button.connect('clicked', () => onChosen(value));
        this.add_child(button);
        return button;
    }

    // To the next button, of a switcher beside it too. In GNOME Shell 51 the row that this is in would be folded first.
    vfunc_key_press_event(event) {
        const direction = DIRECTIONS.get(event.get_key_symbol());
        const row = /** @type {St.Widget} */ (this.get_parent());
        if (direction !== undefined && row.navigate_focus(global.stage.get_key_focus(), direction, false))
            return Clutter.EVENT_STOP;
        return super.vfunc_key_press_event(event);
    }

    /** @param {string|number} chosen - the value of the button to mark */
    choose(chosen) {
        for (const [value, button] of this._buttons)
            button.checked = value === chosen;
    }

    /** @param {Array} values - of the buttons to offer; with fewer than two there is nothing to choose */
    offer(values) {
        this.visible = values.length > 1;
        for (const [value, button] of this._buttons)
            button.visible = values.includes(value);
    }
}
