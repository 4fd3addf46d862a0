// SPDX-License-Identifier: GPL-3.0-or-later

import {ChartScale, topOf} from '../chartScale.js';
import {daysUntil, firstOfMonth, history, isDay, localDay} from '../days.js';
import {amountText, chartInWords, dayText, rangeText, scaleText} from '../historyWords.js';
import {amount, measureToShow, sensibleMeasures, sum} from '../measures.js';
import {Words} from '../words.js';
import {equal, test, untranslated, usage} from './check.js';

const words = new Words(untranslated);
const NONE = usage({freshTokens: 0, steps: 0, costBilledUsd: 0});

function weekOf(...entries) {
    const days = daysUntil('2026-11-26', entries.length);
    return [days, new Map(days.map((day, i) => [day, entries[i]]).filter(([, entry]) => entry))];
}

test('days go on over the ends of months and years', () => {
    equal(daysUntil('2026-01-02', 4), ['2025-12-30', '2025-12-31', '2026-01-01', '2026-01-02']);
    equal(daysUntil('2028-03-01', 2), ['2028-02-29', '2028-03-01']);
    equal(firstOfMonth('2026-11-26'), '2026-11-01');
});

test('only a day of the calendar is a day', () => {
    equal(['2026-11-26', '2026-13-40', 'today', 7, null].map(isDay), [true, false, false, false, false]);
    equal(isDay(localDay(Date.now())), true);
});

test('days before the first record are unknown, later ones without use are zero', () => {
    const [days, usages] = weekOf(null, usage(), null, usage());
    equal(history(days, usages, 6).map(point => point.usage && point.usage.freshTokens), [null, 12345, 0, 12345]);
});

test('with an older history every day without use is zero', () => {
    const [days, usages] = weekOf(null, usage());
    equal(history(days, usages, 100).map(point => point.usage.freshTokens), [0, 12345]);
});

test('nothing recorded at all is unknown, not a row of zeros', () => {
    const [days, usages] = weekOf(NONE, NONE);
    equal(history(days, usages, null).map(point => point.usage), [null, null]);
});

test('only the last day is today', () => {
    const [days, usages] = weekOf(usage(), usage());
    equal(history(days, usages, null).map(point => point.isToday), [false, true]);
});

test('steps without a price make a cost of nothing unknown', () => {
    const unpriced = usage({costBilledUsd: 0, unpricedSteps: 2});
    equal([amount(unpriced, 'billed'), amount(unpriced, 'estimated'), amount(unpriced, 'fresh')], [null, null, 12345]);
    equal([amount(null, 'fresh'), amount(usage(), 'estimated')], [null, 0]);
});

test('a measure is offered where there is something to see', () => {
    equal(sensibleMeasures([usage({costBilledUsd: 0})]), ['fresh']);
    equal(sensibleMeasures([usage(), usage({costEstimatedUsd: 0.1})]), ['fresh', 'billed', 'estimated']);
    equal([measureToShow('billed', ['fresh']), measureToShow('billed', ['fresh', 'billed'])], ['fresh', 'billed']);
});

test('a sum with an unknown part is unknown', () => {
    const whole = sum([usage(), usage({costBilledUsd: null, costEstimatedUsd: 0.2})]);
    equal([whole.freshTokens, whole.costBilledUsd, whole.costEstimatedUsd], [24690, null, 0.2]);
});

test('the top of the chart is a round number with room above the bars', () => {
    equal([[900], [0, 1000], [0.37], [], [0]].map(topOf), [1200, 1500, 0.5, 1, 1]);
});

test('bars stand on the lower edge and fill their slots from edge to edge', () => {
    const scale = new ChartScale({width: 700, height: 100, count: 7, top: 200, rightToLeft: false});
    equal(scale.slot(0), {x: 0, width: 100});
    equal(scale.bar(1, 100, 2), {x: 120, y: 50, width: 60, height: 50});
    equal([scale.bar(0, 0, 2).height, scale.bar(0, 0.001, 2).height], [0, 2]);
    const uneven = new ChartScale({width: 100, height: 100, count: 7, top: 1, rightToLeft: false});
    const ends = [0, 1, 2, 3, 4, 5, 6].map(i => uneven.slot(i)).map(({x, width}) => x + width);
    equal([ends[6], uneven.slot(3).x], [100, ends[2]]);
});

test('the pointer finds the day below it, in both directions of reading', () => {
    const size = {width: 300, height: 10, count: 30, top: 1};
    const leftToRight = new ChartScale({...size, rightToLeft: false});
    const rightToLeft = new ChartScale({...size, rightToLeft: true});
    equal([-5, 0, 15, 299, 999].map(x => leftToRight.indexAt(x)), [0, 0, 1, 29, 29]);
    equal([0, 299].map(x => rightToLeft.indexAt(x)), [29, 0]);
    equal([rightToLeft.slot(0).x, rightToLeft.slot(29).x], [290, 0]);
});

test('a day says its date and all figures, with estimates marked', () => {
    const day = {day: '2026-11-25', isToday: false, usage: usage({costEstimatedUsd: 0.1, unpricedSteps: 2})};
    equal(dayText(day, words), {
        title: 'Wed, Nov 25',
        text: '12.3k fresh tokens · $0.42 billed · ~$0.10 estimated · 3 steps · 2 unpriced',
    });
    equal(dayText({...day, isToday: true}, words).title, 'Wed, Nov 25, so far');
    equal(dayText({...day, usage: NONE}, words).text, 'Not used');
    equal(dayText({...day, usage: null}, words).text, 'Nothing is recorded of this day');
});

test('the chart in words has the number of every day', () => {
    const [days, usages] = weekOf(null, usage(), usage({costBilledUsd: 1}));
    const points = history(days, usages, null);
    equal(rangeText(points, words), {title: 'Last 3 days', text: '24.7k fresh tokens · $1.42 billed · 6 steps'});
    equal(chartInWords(points, 'billed', words),
        'Last 3 days: 24.7k fresh tokens · $1.42 billed · 6 steps. Billed: Nov 24 –, Nov 25 $0.42, Nov 26 $1.00');
    equal([amountText(0.5, 'estimated'), scaleText(400000, 'fresh'), scaleText(1200000, 'fresh'), scaleText(8, 'billed')],
        ['~$0.50', '400k', '1.2M', '$8.00']);
});
