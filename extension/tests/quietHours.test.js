// SPDX-License-Identifier: GPL-3.0-or-later

import {readQuietHours, timesOfDay, writeQuietHours} from '../quietHours.js';
import {equal, test} from './check.js';

test('quiet hours come back as they went', () => {
    equal(writeQuietHours(readQuietHours('22:00-07:00')), '22:00-07:00');
});

test('quiet hours that were written by hand are those of the clock', () => {
    equal([' 9:30 - 17:05 ', '0:00-23:59'].map(readQuietHours), [{from: '09:30', to: '17:05'}, {from: '00:00', to: '23:59'}]);
});

test('no quiet hours are none', () => equal(['', 'soon'].map(readQuietHours), [null, null]));

test('a time that is not a half hour can stay', () => {
    equal(timesOfDay('07:00').length, 48);
    const times = timesOfDay('07:15');
    equal(times.slice(times.indexOf('07:00'), times.indexOf('07:30') + 1), ['07:00', '07:15', '07:30']);
});
