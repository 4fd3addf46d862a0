// SPDX-License-Identifier: GPL-3.0-or-later
// What the service refuses is said at the window's edge, in the service's own words.

import Adw from 'gi://Adw';

/**
 * @param {Adw.PreferencesWindow} window - where it is said
 * @param {Promise} request - to the service
 * @returns {Promise<boolean>} whether it was granted
 */
export async function tell(window, request) {
    try {
        await request;
        return true;
    } catch (error) {
        say(window, error.message);
        return false;
    }
}

/**
 * @param {Adw.PreferencesWindow} window - where it is said
 * @param {string} text - plain
 * @returns {Adw.Toast} to which a button can be added
 */
export function say(window, text) {
    const toast = new Adw.Toast({title: text, use_markup: false, timeout: 8});
    window.add_toast(toast);
    return toast;
}
