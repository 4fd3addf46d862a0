// SPDX-License-Identifier: GPL-3.0-or-later
// What the drawings of the menu have in common: the theme's colours and rounded shapes.

/** @import St from 'gi://St' */

/**
 * @param {object} cr - a cairo context
 * @param {object} color - of the theme, each part from 0 to 255
 * @param {number} strength - times the colour's own opacity
 */
export function setColor(cr, color, strength = 1) {
    cr.setSourceRGBA(color.red / 255, color.green / 255, color.blue / 255, color.alpha / 255 * strength);
}

/**
 * @param {St.ThemeNode} node - of the drawing
 * @param {string} name - of a colour in the style sheet
 * @returns {object} it, or the colour of the text where the sheet has none
 */
export function themeColor(node, name) {
    const [found, color] = node.lookup_color(name, true);
    return found ? color : node.get_foreground_color();
}

/**
 * @param {object} cr - a cairo context
 * @param {object} rectangle - x, y, width, height
 * @param {number} radius - of the two upper corners
 */
export function roundedTop(cr, {x, y, width, height}, radius) {
    const r = Math.min(radius, width / 2, height);
    cr.moveTo(x, y + height);
    cr.lineTo(x, y + r);
    cr.arc(x + r, y + r, r, Math.PI, 1.5 * Math.PI);
    cr.arc(x + width - r, y + r, r, 1.5 * Math.PI, 2 * Math.PI);
    cr.lineTo(x + width, y + height);
    cr.closePath();
}

/**
 * @param {object} cr - a cairo context
 * @param {object} rectangle - x, y, width, height
 */
export function roundedEnds(cr, {x, y, width, height}) {
    const r = Math.min(width, height) / 2;
    cr.newSubPath();
    cr.arc(x + width - r, y + r, r, -Math.PI / 2, Math.PI / 2);
    cr.arc(x + r, y + height - r, r, Math.PI / 2, 1.5 * Math.PI);
    cr.closePath();
}
