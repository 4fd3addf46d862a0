// SPDX-License-Identifier: GPL-3.0-or-later
// Where OpenCode's data was found, how much the ledger keeps, and what can be done with it.

/** @import Adw from 'gi://Adw' */

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {exportGroup} from './exportGroup.js';
import {LedgerGroup} from './ledgerGroup.js';
import {ProjectsGroup} from './projectsGroup.js';
import {servicePage} from './servicePage.js';
import {SourcesGroup} from './sourcesGroup.js';
import {say} from './toast.js';

/**
 * @param {object} context - service, window and words
 * @returns {Adw.PreferencesPage} the page
 */
export function dataPage(context) {
    const look = {title: _('Data'), name: 'data', icon_name: 'drive-harddisk-symbolic'};
    const reader = new DataReader(context);
    const within = {...context, reload: () => reader.read()};
    const groups = [new SourcesGroup(), new LedgerGroup(within), new ProjectsGroup(within)];
    reader.onRead = data => groups.forEach(group => group.show(data));
    const [sources, ledger, projects] = groups.map(({group}) => group);
    const page = servicePage(context, look, [sources, ledger, exportGroup(within), projects]);
    page.connect('map', () => reader.read());
    return page;
}

/** Asks the service again when the page is shown, when the service appears, and after each change. */
class DataReader {
    constructor({service, window}) {
        this._service = service;
        this._window = window;
        this._kind = service.kind;
        /** @type {(data: object) => void} */
        this.onRead = () => {};
        service.connect('changed', () => this._serviceChanged());
    }

    _serviceChanged() {
        const {kind} = this._service;
        if (kind === this._kind)
            return;
        this._kind = kind;
        this.read();
    }

    async read() {
        if (this._service.kind !== 'connected')
            return;
        try {
            this.onRead(await this._service.describe());
        } catch (error) {
            say(this._window, error.message);
        }
    }
}
