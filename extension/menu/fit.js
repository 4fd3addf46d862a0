// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the menu fit the width of the screen: never wider, and with smaller columns where the screen is
// small or the text is large.

import St from 'gi://St';

import * as Main from 'resource:///org/gnome/shell/ui/main.js';

// On both sides of the menu together, in the style sheet's pixels.
const MARGIN = 32;

/** @param {PopupMenu.PopupMenu} menu - of the indicator, with its rows already filled */
export function fitToScreen(menu) {
    const {scale_factor: scale} = St.ThemeContext.get_for_stage(global.stage);
    const {width} = Main.layoutManager.getWorkAreaForMonitor(Main.layoutManager.primaryIndex);
    const room = Math.floor(width / scale) - MARGIN;
    menu.box.style = `max-width: ${room}px;`;
    menu.actor.remove_style_class_name('octally-narrow');
    const [needed] = menu.box.get_preferred_width(-1);
    if (needed > room * scale)
        menu.actor.add_style_class_name('octally-narrow');
}
