// SPDX-License-Identifier: GPL-3.0-or-later
// The top bar: kept in the desktop's settings, so it needs no service.

import Adw from 'gi://Adw';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {CurrencyGroup} from './currencyGroup.js';
import {panelGroup} from './panelGroup.js';
import {PanelItemsGroup} from './panelItemsGroup.js';

/**
 * @param {object} context - settings and service
 * @returns {Adw.PreferencesPage} the page
 */
export function panelPage(context) {
    const page = new Adw.PreferencesPage({title: _('Panel'), name: 'panel', icon_name: 'view-grid-symbolic'});
    for (const group of [panelGroup(context.settings), new PanelItemsGroup(context).group, new CurrencyGroup(context).group])
        page.add(group);
    return page;
}
