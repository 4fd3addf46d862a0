// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger: where it is, how large it is, how long it keeps steps; and to make it anew.

import Adw from 'gi://Adw';

import {gettext as _, ngettext} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {dayOf, fileSize, wholeNumbers} from '../format.js';
import {joinParts} from '../parts.js';
import {fill} from '../words.js';
import {confirm} from './confirm.js';
import {choiceRow, choose, chosen, factRow, offer, textButton} from './rows.js';
import {say, tell} from './toast.js';

const MONTHS = [0, 3, 6, 12, 24, 36, 60];

export class LedgerGroup {
    constructor({service, window, reload}) {
        this._service = service;
        this._window = window;
        this._reload = reload;
        this._keepMonths = 0;
        this._drawing = false;
        this._place = factRow(_('Place'), '');
        this._size = factRow(_('Contents'), '');
        this._keep = choiceRow({title: _('Keep Steps'), subtitle: _('Older ones are removed for good')}, MONTHS.map(monthsChoice));
        this._keep.connect('notify::selected', () => this._askToKeep());
        this._rebuild = textButton(_('Rebuild…'), () => this._askToRebuild(), _('Rebuild the ledger'));
        this.group = new Adw.PreferencesGroup({title: _('Ledger'), description: _('What Octally has counted, also of what OpenCode has deleted since.')});
        for (const row of [this._place, this._size, this._keep, this._rebuildRow()])
            this.group.add(row);
    }

    _rebuildRow() {
        const row = new Adw.ActionRow({title: _('Rebuild'), subtitle: _('Read all of OpenCode’s data again and make all sums anew')});
        row.add_suffix(this._rebuild);
        return row;
    }

    /** @param {object} data - as dataWire.js reads it */
    show({ledger, ledgerBytes, steps, sessions, firstStepMs, keepMonths}) {
        this._place.subtitle = ledger;
        this._size.subtitle = contents({ledgerBytes, steps, sessions, firstStepMs});
        this._keepMonths = keepMonths ?? 0;
        this._drawKeep();
    }

    _drawKeep() {
        this._drawing = true;
        if (!this._keep.choices.includes(this._keepMonths))
            offer(this._keep, [...MONTHS, this._keepMonths].sort((a, b) => a - b).map(monthsChoice));
        choose(this._keep, this._keepMonths);
        this._drawing = false;
    }

    _askToKeep() {
        const months = chosen(this._keep);
        if (this._drawing || months === this._keepMonths)
            return;
        // To keep more removes nothing.
        if (months === 0 || months > this._keepMonths && this._keepMonths !== 0)
            this._setRetention(months);
        else
            this._confirmKeep(months);
    }

    _confirmKeep(months) {
        confirm(this._window, {
            heading: _('Remove Older Steps?'),
            body: fill(ngettext(
                'Steps of more than {count} month ago are removed from the ledger for good, and not read again.',
                'Steps of more than {count} months ago are removed from the ledger for good, and not read again.',
                months), {count: months}),
            label: _('Remove'),
        }, () => this._setRetention(months), () => this._drawKeep());
    }

    async _setRetention(months) {
        if (await tell(this._window, this._service.setRetention(months)))
            this._reload();
        else
            this._drawKeep();
    }

    _askToRebuild() {
        confirm(this._window, {
            heading: _('Rebuild the Ledger?'),
            body: _('All of OpenCode’s data is read again, which can take minutes. Nothing is lost that OpenCode has deleted.'),
            label: _('Rebuild'),
        }, () => this._doRebuild());
    }

    async _doRebuild() {
        this._rebuild.sensitive = false;
        this._rebuild.label = _('Rebuilding…');
        if (await tell(this._window, this._service.rebuild())) {
            say(this._window, _('The ledger has been rebuilt'));
            this._reload();
        }
        this._rebuild.label = _('Rebuild…');
        this._rebuild.sensitive = true;
    }
}

function monthsChoice(months) {
    const label = months === 0
        ? _('For ever')
        : fill(ngettext('{count} month', '{count} months', months), {count: months});
    return [months, label];
}

function contents({ledgerBytes, steps, sessions, firstStepMs}) {
    const parts = [
        fileSize(ledgerBytes),
        fill(ngettext('{count} step', '{count} steps', steps ?? 0), {count: wholeNumbers(steps)}),
        fill(ngettext('{count} session', '{count} sessions', sessions ?? 0), {count: wholeNumbers(sessions)}),
    ];
    if (firstStepMs !== null)
        parts.push(fill(_('since {day}'), {day: dayOf(firstStepMs)}));
    return joinParts(parts);
}
