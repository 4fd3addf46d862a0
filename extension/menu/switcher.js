// SPDX-License-Identifier: GPL-3.0-or-later
// A row of small buttons of which one is chosen.

import Atk from 'gi://Atk';
import GObject from 'gi://GObject';
import St from 'gi://St';

export class Switcher extends St.BoxLayout {
    static {
        GObject.registerClass(this);
    }

    /**
     * @param {object[]} choices - value, label, and name: what a screen reader says
     * @param {Function} onChosen - called with the value of the button that was pressed
     */
    constructor(choices, onChosen) {
        super({style_class: 'octally-switcher'});
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
