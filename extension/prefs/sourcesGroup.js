// SPDX-License-Identifier: GPL-3.0-or-later
// Where OpenCode's data was found.

import Adw from 'gi://Adw';

import {gettext as _, ngettext} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {instant, wholeNumbers} from '../format.js';
import {joinParts} from '../parts.js';
import {fill} from '../words.js';
import {replaceRows} from './rows.js';

export class SourcesGroup {
    constructor() {
        this.group = new Adw.PreferencesGroup({
            title: _('OpenCode’s Data'), description: _('Octally reads it, and never changes it.'),
        });
        this._rows = [];
    }

    /** @param {object} data - as dataWire.js reads it */
    show({sources}) {
        const rows = sources.map(sourceRow);
        this._rows = replaceRows(this.group, this._rows, rows.length > 0 ? rows : [nothingRow()]);
    }
}

function sourceRow({path, generation, messages, newestMs, problems}) {
    const parts = [
        generation,
        fill(ngettext('{count} message', '{count} messages', messages ?? 0), {count: wholeNumbers(messages)}),
    ];
    if (newestMs !== null)
        parts.push(fill(_('newest {instant}'), {instant: instant(newestMs, Date.now())}));
    if (problems > 0)
        parts.push(fill(ngettext('{count} problem', '{count} problems', problems), {count: wholeNumbers(problems)}));
    return new Adw.ActionRow({
        title: path, subtitle: joinParts(parts), use_markup: false, title_lines: 0,
    });
}

function nothingRow() {
    return new Adw.ActionRow({title: _('No OpenCode data yet'), subtitle: _('It is found by itself once OpenCode has been used.')});
}
