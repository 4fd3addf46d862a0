// SPDX-License-Identifier: GPL-3.0-or-later
// The projects, each of which can be forgotten.

import Adw from 'gi://Adw';

import {gettext as _, ngettext} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {money, wholeNumbers} from '../format.js';
import {joinParts} from '../parts.js';
import {fill} from '../words.js';
import {confirm} from './confirm.js';
import {textButton} from './rows.js';
import {say, tell} from './toast.js';

export class ProjectsGroup {
    constructor({service, window, reload}) {
        this._service = service;
        this._window = window;
        this._reload = reload;
        this._rows = [];
        this._list = new Adw.ExpanderRow({title: _('Projects')});
        this.group = new Adw.PreferencesGroup();
        this.group.add(this._list);
    }

    /** @param {object} data - as dataWire.js reads it */
    show({projects}) {
        for (const row of this._rows)
            this._list.remove(row);
        this._rows = projects.filter(({project}) => project !== '').map(project => this._projectRow(project));
        for (const row of this._rows)
            this._list.add_row(row);
        const count = this._rows.length;
        this._list.subtitle = fill(ngettext('{count} project in the ledger', '{count} projects in the ledger', count), {count: wholeNumbers(count)});
        this._list.visible = count > 0;
    }

    _projectRow({project, steps, costBilledUsd}) {
        const counted = fill(ngettext('{count} step', '{count} steps', steps ?? 0), {count: wholeNumbers(steps)});
        const cost = fill(_('{cost} billed'), {cost: money(costBilledUsd)});
        const row = new Adw.ActionRow({title: project, subtitle: joinParts([counted, cost]), use_markup: false});
        row.add_suffix(textButton(_('Forget…'), () => this._ask(project), fill(_('Forget the project {project}'), {project})));
        return row;
    }

    _ask(project) {
        confirm(this._window, {
            heading: _('Forget This Project?'),
            body: fill(_('All steps of {project} are removed from the ledger for good, and not read again. OpenCode’s own data stays as it is.'), {project}),
            label: _('Forget'),
        }, () => this._forget(project));
    }

    async _forget(project) {
        let steps = 0;
        const forgetting = this._service.forget(project).then(count => (steps = count ?? 0));
        if (!await tell(this._window, forgetting))
            return;
        const toast = say(this._window, fill(ngettext('{count} step forgotten', '{count} steps forgotten', steps), {count: wholeNumbers(steps)}));
        toast.button_label = _('Read It Again');
        toast.connect('button-clicked', () => this._remember(project));
        this._reload();
    }

    async _remember(project) {
        if (await tell(this._window, this._service.remember(project)))
            this._reload();
    }
}
