// SPDX-License-Identifier: GPL-3.0-or-later
// The preferences window: one page, put together from the groups in prefs/.

import Adw from 'gi://Adw';

import {ExtensionPreferences, gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {panelGroup} from './prefs/panelGroup.js';

export default class OctallyPreferences extends ExtensionPreferences {
    fillPreferencesWindow(window) {
        const settings = this.getSettings();
        const page = new Adw.PreferencesPage({title: _('General'), icon_name: 'preferences-system-symbolic'});
        page.add(panelGroup(settings, _));
        window.add(page);
    }
}
