// SPDX-License-Identifier: GPL-3.0-or-later
// Money as text: US dollars, or the currency that the user has chosen together with a rate.
//
// Pure but for one thing that all figures share: the choice. Nothing looks up a rate: it is the user's.

const DOLLARS = {currency: 'USD', rate: 1};

/** What the preferences offer: the most traded ones. */
export const CURRENCIES = [
    'AED', 'ARS', 'AUD', 'BRL', 'CAD', 'CHF', 'CLP', 'CNY', 'COP', 'CZK', 'DKK', 'EGP', 'EUR', 'GBP', 'HKD', 'HUF', 'IDR', 'ILS', 'INR',
    'JPY', 'KRW', 'MXN', 'MYR', 'NGN', 'NOK', 'NZD', 'PHP', 'PLN', 'RON', 'SAR', 'SEK', 'SGD', 'THB', 'TRY', 'TWD', 'UAH', 'USD', 'VND', 'ZAR',
];

let chosen = DOLLARS;
let formats = new Map();

/**
 * Has money() convert from now on; back to US dollars where currency or rate is missing or makes no sense.
 *
 * @param {string} currency - ISO 4217, as in "EUR"
 * @param {number} rate - how much of it one US dollar is
 */
export function useCurrency(currency, rate) {
    const usable = isCurrency(currency) && currency !== DOLLARS.currency && Number.isFinite(rate) && rate > 0;
    chosen = usable ? {currency, rate} : DOLLARS;
    formats = new Map();
}

/**
 * @param {string} text - what the user typed
 * @returns {boolean} whether it has the form of a currency's code
 */
export function isCurrency(text) {
    return /^[A-Z]{3}$/.test(text);
}

/** @returns {{currency: string, rate: number}} what money() shows amounts in: they change when this does */
export function shownCurrency() {
    return chosen;
}

/**
 * @param {?number} usd - US dollars
 * @returns {string} as in "$0.42"; two decimals more below the smallest coin, "<$0.0001" for less
 */
export function money(usd) {
    if (usd === null)
        return '–';

    const amount = usd * chosen.rate;
    const digits = format().resolvedOptions().maximumFractionDigits;
    const smallest = 10 ** -(digits + 2);
    if (amount > 0 && amount < smallest)
        return `<${format(digits + 2).format(smallest)}`;
    if (amount > 0 && amount < 10 ** -digits)
        return format(digits + 2).format(amount);
    return format().format(amount);
}

/**
 * @param {?number} usd - US dollars
 * @returns {string} in the room of the top bar: "$0.42", "$123", "$12.3K"
 */
export function compactMoney(usd) {
    const amount = usd === null ? 0 : usd * chosen.rate;
    if (amount < 100)
        return money(usd);
    return (amount < 10000 ? format(0) : compactFormat()).format(amount);
}

function compactFormat() {
    if (!formats.has('compact')) {
        formats.set('compact', new Intl.NumberFormat(undefined, {
            style: 'currency', currency: chosen.currency, currencyDisplay: 'narrowSymbol',
            notation: 'compact', maximumSignificantDigits: 3,
        }));
    }
    return formats.get('compact');
}

/**
 * @param {?number} digits - after the decimal sign; null for as many as the currency's coins have
 * @returns {Intl.NumberFormat} for the chosen currency
 */
function format(digits = null) {
    if (!formats.has(digits))
        formats.set(digits, currencyFormat(digits));
    return formats.get(digits);
}

function currencyFormat(digits) {
    const fixed = digits === null ? {} : {minimumFractionDigits: digits, maximumFractionDigits: digits};
    return new Intl.NumberFormat(undefined, {
        style: 'currency', currency: chosen.currency, currencyDisplay: 'narrowSymbol', ...fixed,
    });
}
