// SPDX-License-Identifier: GPL-3.0-or-later

import {freeId, limitText, readPercents, stateText} from '../budgetForm.js';
import {joinParts} from '../parts.js';
import {equal, test, untranslated} from './check.js';

const _ = untranslated.gettext;

/** Without the marks that keep each part's direction. */
const plain = text => text.replace(/[\u2068\u2069]/g, '');

test('a limit is told with its period', () => {
    equal(['day', 'week', 'month'].map(period => limitText({period, limitUsd: 5}, _)), ['$5.00 a day', '$5.00 a week', '$5.00 a month']);
});

test('a budget says whom it is for and how much is spent', () => {
    const budget = {id: 'all', project: null, counts: 'billed', spentUsd: 1, share: 0.2};
    equal(plain(stateText(budget, _)), 'all · All projects · $1.00 spent, 20%');
    equal(plain(stateText({...budget, project: '/p', counts: 'all'}, _)), 'all · /p · billed and estimated together · $1.00 spent, 20%');
});

test('a line of several parts turns as the language does, whatever it begins with', () => {
    equal(joinParts(['all', '', '50%']), '\u2068all\u2069 · \u206850%\u2069');
    equal(joinParts(['all', 'נוצלו']), '\u200f\u2068all\u2069 · \u2068נוצלו\u2069');
});

test('percents are read as people write them', () => {
    equal(['50, 80, 100', '50 80', '90%', '', '50;75'].map(readPercents), [[50, 80, 100], [50, 80], [90], [], [50, 75]]);
    equal(['half', '-5', '1e3', '50.5'].map(readPercents), [null, null, null, null]);
});

test('a new budget has a name of its own', () => {
    equal([freeId('day', []), freeId('day', ['day']), freeId('day', ['day', 'day-2'])], ['day', 'day-2', 'day-3']);
});
