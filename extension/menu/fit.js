// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the menu fit the screen: never wider, with smaller columns where the screen is small or the text is
// large, and with lower rows where only a few would be in sight.

/** @import * as PopupMenu from 'resource:///org/gnome/shell/ui/popupMenu.js' */

import St from 'gi://St';

import * as Main from 'resource:///org/gnome/shell/ui/main.js';

// On both sides of the menu together, in the style sheet's pixels.
const MARGIN = 32;

// A long title makes the menu this many times as wide as its columns need, and no wider.
const MOST = 1.25;

const NARROWER = ['octally-narrow', 'octally-tiny'];

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
    const needed = narrowed(menu, room * scale);
    menu.box.style = `max-width: ${Math.floor(Math.min(room, needed / scale * MOST))}px;`;
    setClass(menu.actor, 'octally-short', height < ROWS * row.get_preferred_height(-1)[1]);
}

// With smaller and smaller columns, until they fit or cannot be smaller.
function narrowed({actor, box}, room) {
    for (const name of NARROWER)
        setClass(actor, name, false);
    let [needed] = box.get_preferred_width(-1);
    for (const name of NARROWER) {
        if (needed <= room)
            break;
        setClass(actor, name, true);
        [needed] = box.get_preferred_width(-1);
    }
    return needed;
}

function setClass(actor, name, isSet) {
    if (isSet)
        actor.add_style_class_name(name);
    else
        actor.remove_style_class_name(name);
}
