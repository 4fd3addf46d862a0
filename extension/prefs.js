// SPDX-License-Identifier: GPL-3.0-or-later
// The preferences window, put together from the pages in prefs/.

import {ExtensionPreferences, gettext, ngettext} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {useCurrency} from './currency.js';
import {aboutPage} from './prefs/aboutPage.js';
import {budgetsPage} from './prefs/budgetsPage.js';
import {dataPage} from './prefs/dataPage.js';
import {notificationsPage} from './prefs/notificationsPage.js';
import {panelPage} from './prefs/panelPage.js';
import {Service} from './prefs/service.js';
import {Words} from './words.js';

export default class OctallyPreferences extends ExtensionPreferences {
    fillPreferencesWindow(window) {
        const settings = this.getSettings();
        const service = new Service();
        const context = {window, settings, service, words: new Words({gettext, ngettext}), metadata: this.metadata};
        followCurrency(settings, service);
        for (const makePage of [panelPage, notificationsPage, budgetsPage, dataPage, aboutPage])
            window.add(makePage(context));
        window.search_enabled = true;
        window.set_default_size(920, 760);
        window.connect('close-request', () => {
            service.destroy();
            return false;
        });
        service.connectToService();
        return Promise.resolve();
    }
}

function followCurrency(settings, service) {
    const follow = () => {
        useCurrency(settings.get_string('currency'), settings.get_double('currency-rate'));
        // Everything with a figure is drawn anew.
        service.emit('changed');
    };
    settings.connect('changed::currency', follow);
    settings.connect('changed::currency-rate', follow);
    follow();
}
