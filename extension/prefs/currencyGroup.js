// SPDX-License-Identifier: GPL-3.0-or-later
// The currency that costs are shown in, and the rate, which only the user sets.

import Adw from 'gi://Adw';
import Gtk from 'gi://Gtk';

import {gettext as _} from 'resource:///org/gnome/Shell/Extensions/js/extensions/prefs.js';

import {CURRENCIES} from '../currency.js';
import {isDay, localDay} from '../days.js';
import {dayOf} from '../format.js';
import {fill} from '../words.js';
import {choiceRow, choose, chosen, offer, SpinRow} from './rows.js';

const DOLLARS = 'USD';

export class CurrencyGroup {
    /** @param {object} context - settings */
    constructor({settings}) {
        this._settings = settings;
        this._drawing = false;
        this._currency = choiceRow({title: _('Currency')}, []);
        this._currency.enable_search = true;
        this._currency.expression = Gtk.PropertyExpression.new(Gtk.StringObject.$gtype, null, 'string');
        this._rate = new SpinRow({title: _('Rate')}, {upper: 1000000, step: 0.01, digits: 4});
        this.group = new Adw.PreferencesGroup({
            title: _('Currency'), description: _('OpenCode counts in US dollars. Octally looks up no rate: what you set here is what it uses.'),
        });
        this.group.add(this._currency);
        this.group.add(this._rate);
        this._follow();
    }

    _follow() {
        this._draw();
        for (const key of ['currency', 'currency-rate', 'currency-rate-date'])
            this._settings.connect(`changed::${key}`, () => this._draw());
        this._currency.connect('notify::selected', () => this._setCurrency(chosen(this._currency)));
        this._rate.onChanged(rate => this._setRate(rate));
    }

    /** What is drawn is not what the user chose; a rate with more digits than are shown stays as it is. */
    _draw() {
        const currency = this._settings.get_string('currency');
        this._drawing = true;
        this._drawCurrency(currency);
        this._rate.showNumber(this._settings.get_double('currency-rate'));
        this._drawing = false;
        this._rate.visible = currency !== DOLLARS;
        this._rate.subtitle = this._rateText(currency);
    }

    _drawCurrency(currency) {
        const codes = CURRENCIES.includes(currency) ? CURRENCIES : [...CURRENCIES, currency].sort();
        if (codes.join() !== this._currency.choices.join())
            offer(this._currency, codes.map(currencyChoice));
        choose(this._currency, currency);
    }

    _rateText(currency) {
        const day = this._settings.get_string('currency-rate-date');
        if (this._settings.get_double('currency-rate') === 0)
            return fill(_('How many {currency} one US dollar is; until you set it, costs are shown in US dollars'), {currency});
        if (!isDay(day))
            return fill(_('How many {currency} one US dollar is'), {currency});
        return fill(_('How many {currency} one US dollar is; set on {day}'), {currency, day: dayOf(new Date(`${day}T12:00`).getTime())});
    }

    _setCurrency(currency) {
        if (this._drawing || currency === this._settings.get_string('currency'))
            return;
        // The rate was one of the former currency.
        this._settings.set_double('currency-rate', 0);
        this._settings.set_string('currency-rate-date', '');
        this._settings.set_string('currency', currency);
    }

    _setRate(rate) {
        if (this._drawing)
            return;
        this._settings.set_double('currency-rate', rate);
        this._settings.set_string('currency-rate-date', rate > 0 ? localDay(Date.now()) : '');
    }
}

function currencyChoice(code) {
    const names = new Intl.DisplayNames(undefined, {type: 'currency', fallback: 'none'});
    const name = /^[A-Z]{3}$/.test(code) ? names.of(code) : null;
    return [code, name ? `${code} – ${name}` : code];
}
