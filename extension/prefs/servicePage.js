// SPDX-License-Identifier: GPL-3.0-or-later
// A page of what the service keeps. While the service is away it says what to do instead.

import Adw from 'gi://Adw';
import Gdk from 'gi://Gdk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {textButton} from './rows.js';
import {say, tell} from './toast.js';

const INSTALL = 'git clone https://github.com/octally/octally && octally/packaging/install.sh';

/**
 * @param {object} context - service and window
 * @param {{title: string, name: string, icon_name: string}} look - of the page
 * @param {Adw.PreferencesGroup[]} groups - that need the service
 * @returns {Adw.PreferencesPage} with either them or the remedy
 */
export function servicePage(context, look, groups) {
    const page = new Adw.PreferencesPage(look);
    const remedy = new RemedyGroup(context);
    for (const group of [remedy.group, ...groups])
        page.add(group);
    const show = () => {
        const connected = context.service.kind === 'connected';
        for (const group of groups)
            group.visible = connected;
        remedy.show(context.service.kind);
    };
    context.service.connect('changed', show);
    show();
    return page;
}

/** What is wrong with the service, and the button that mends it. */
export class RemedyGroup {
    constructor({service, window}) {
        this._service = service;
        this._window = window;
        this._kind = null;
        this._row = null;
        this.group = new Adw.PreferencesGroup();
    }

    /** @param {string} kind - the service's; connected hides the group */
    show(kind) {
        this.group.visible = kind !== 'connected' && kind !== 'looking';
        if (!this.group.visible || kind === this._kind)
            return;
        if (this._row)
            this.group.remove(this._row);
        this._kind = kind;
        this._row = this._makeRow(kind);
        this.group.add(this._row);
    }

    _makeRow(kind) {
        switch (kind) {
        case 'stopped': return this._stoppedRow();
        case 'old': return this._commandRow(_('The octally service is older than these preferences'), _('Bring it up to date as it was installed:'));
        default: return this._commandRow(_('The octally service is not installed'), _('Octally counts in a program of its own. Install it in a terminal:'));
        }
    }

    _stoppedRow() {
        const row = new Adw.ActionRow({
            title: _('The octally service is not running'),
            subtitle: _('It keeps what is shown on this page.'),
        });
        const start = textButton(_('Start'), () => tell(this._window, this._service.start()), _('Start the octally service'));
        row.add_suffix(start);
        return row;
    }

    _commandRow(title, subtitle) {
        const row = new Adw.ActionRow({
            title, subtitle: `${subtitle}\n${INSTALL}`, use_markup: false, subtitle_selectable: true,
        });
        row.add_suffix(textButton(_('Copy'), () => this._copy(), _('Copy the command')));
        return row;
    }

    _copy() {
        Gdk.Display.get_default().get_clipboard().set(INSTALL);
        say(this._window, _('The command is in the clipboard'));
    }
}
