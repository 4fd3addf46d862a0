// SPDX-License-Identifier: GPL-3.0-or-later
// Cuts the ties between a menu and what is nested in it.
//
// The shell ties them with connectObject(). Neither is a GObject that could be seen to go, so these ties
// would keep all of it alive after every disable, and a row that went would stay until then.

/**
 * @param {object} menu - a menu or section
 * @param {object} row - with a submenu of its own, added to the menu
 */
export function untieRow(menu, row) {
    row.menu.disconnectObject(menu);
    menu.disconnectObject(row);
}

/**
 * @param {object} menu - a menu or section
 * @param {object} section - added to the menu
 */
export function untieSection(menu, section) {
    section.disconnectObject(menu);
    menu.disconnectObject(section);
}
