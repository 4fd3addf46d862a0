// SPDX-License-Identifier: GPL-3.0-or-later
// The extension's own icons: one for each state, and the two of a pin.

import Gio from 'gi://Gio';

const NAMES = ['waiting', 'idle', 'stale', 'missing', 'problem', 'starting', 'pinned', 'unpinned'];
const BUSY_FRAMES = 4;

/**
 * @param {Gio.File} dir - the extension's folder
 * @returns {object} a Gio.Icon by name, and busyFrames, the pictures of the motion; busy is the first of them
 */
export function loadIcons(dir) {
    const load = name => new Gio.FileIcon({file: dir.get_child('icons').get_child(`octally-${name}-symbolic.svg`)});
    const busyFrames = Array.from({length: BUSY_FRAMES}, (_none, i) => load(`busy-${i + 1}`));
    return {...Object.fromEntries(NAMES.map(name => [name, load(name)])), busy: busyFrames[0], busyFrames};
}
