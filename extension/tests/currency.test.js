// SPDX-License-Identifier: GPL-3.0-or-later

import {money, shownCurrency, useCurrency} from '../currency.js';
import {equal, test} from './check.js';

/** What money() makes of these amounts in that currency; US dollars are back afterwards. */
function shown(currency, rate, amounts) {
    useCurrency(currency, rate);
    const texts = amounts.map(money);
    useCurrency('USD', 1);
    return texts;
}

test('a currency needs a rate', () => {
    equal(shown('EUR', 0, [2]), ['$2.00']);
    equal(shown('EUR', NaN, [2]), ['$2.00']);
    equal(shown('EUR', 0.9, [2]), ['€1.80']);
});

test('US dollars are never converted', () => equal(shown('USD', 3, [2]), ['$2.00']));

test('what is no currency leaves US dollars', () => {
    equal(['', 'euro', 'eur', 'EU'].flatMap(text => shown(text, 2, [1])), ['$1.00', '$1.00', '$1.00', '$1.00']);
});

test('the decimals are those of the currency', () => {
    equal(shown('JPY', 150, [2, 0.001, 0.00001]), ['¥300', '¥0.15', '<¥0.01']);
});

test('what is not known stays unknown', () => equal(shown('EUR', 0.9, [null]), ['–']));

test('zero is zero in every currency', () => equal(shown('JPY', 150, [0]), ['¥0']));

test('the shown currency is told', () => {
    useCurrency('CHF', 0.8);
    equal(shownCurrency(), {currency: 'CHF', rate: 0.8});
    useCurrency('CHF', 0);
    equal(shownCurrency(), {currency: 'USD', rate: 1});
});
