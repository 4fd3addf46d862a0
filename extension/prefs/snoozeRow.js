// SPDX-License-Identifier: GPL-3.0-or-later
// Silence for a while, of all notifications at once.

import Adw from 'gi://Adw';
import GLib from 'gi://GLib';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {instant} from '../format.js';
import {fill} from '../words.js';
import {textButton} from './rows.js';
import {tell} from './toast.js';

const MINUTES = [30, 60, 480];
const MINUTE_MS = 60 * 1000;

export class SnoozeRow {
    constructor({service, window, words}) {
        this._service = service;
        this._window = window;
        this._timerId = 0;
        this.row = new Adw.ActionRow({title: _('Snooze All'), use_markup: false});
        this._begin = new Gtk.Box({css_classes: ['linked'], valign: Gtk.Align.CENTER});
        for (const minutes of MINUTES) {
            const lapse = words.lapse(minutes * MINUTE_MS);
            this._begin.append(textButton(lapse, () => this._snooze(minutes), fill(_('Snooze all for {lapse}'), {lapse})));
        }
        this._end = textButton(_('End'), () => this._snooze(0), _('End the snooze'));
        this.row.add_suffix(this._begin);
        this.row.add_suffix(this._end);
        service.connect('changed', () => this._draw());
        this.row.connect('unrealize', () => this._stopTimer());
        this._draw();
    }

    _snooze(minutes) {
        tell(this._window, this._service.snooze(minutes));
    }

    _draw() {
        const untilMs = this._service.snoozedUntilMs;
        const snoozed = untilMs > Date.now();
        this._begin.visible = !snoozed;
        this._end.visible = snoozed;
        this.row.subtitle = snoozed
            ? fill(_('Nothing is shown until {until}'), {until: instant(untilMs, Date.now())})
            : _('Show nothing for a while');
        this._stopTimer();
        if (snoozed)
            this._timerId = GLib.timeout_add(GLib.PRIORITY_DEFAULT, untilMs - Date.now() + 1, () => this._over());
    }

    _over() {
        this._timerId = 0;
        this._draw();
        return GLib.SOURCE_REMOVE;
    }

    _stopTimer() {
        if (this._timerId)
            GLib.source_remove(this._timerId);
        this._timerId = 0;
    }
}
