// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the menu fit the screen: never wider, with smaller columns where the screen is small or the text is
// large, and with lower rows where only a few would be in sight.

import St from 'gi://St';

import * as Main from 'resource:///org/gnome/shell/ui/main.js';

// On both sides of the menu together, in the style sheet's pixels.
const MARGIN = 32;

// A long title makes the menu this many times as wide as its columns need, and no wider.
const MOST = 1.25;

// A screen with room for fewer rows is low.
const ROWS = 14;

/**
 * @param {PopupMenu.PopupMenu} menu - of the indicator, with its rows already filled
 * @param {PopupMenu.PopupBaseMenuItem} row - one of a single line
 */
export function fitToScreen(menu, row) {
    const {scale_factor: scale} = St.ThemeContext.get_for_stage(global.stage);
    const {width, height} = Main.layoutManager.getWorkAreaForMonitor(Main.layoutManager.primaryIndex);
    const room = Math.floor(width / scale) - MARGIN;
    menu.actor.remove_style_class_name('octally-narrow');
    menu.actor.remove_style_class_name('octally-short');
    const [needed] = menu.box.get_preferred_width(-1);
    if (needed > room * scale)
        menu.actor.add_style_class_name('octally-narrow');
    menu.box.style = `max-width: ${Math.floor(Math.min(room, needed / scale * MOST))}px;`;
    if (height < ROWS * row.get_preferred_height(-1)[1])
        menu.actor.add_style_class_name('octally-short');
}
