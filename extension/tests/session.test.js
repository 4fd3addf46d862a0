// SPDX-License-Identifier: GPL-3.0-or-later

import {detailLines} from '../sessionWords.js';
import {Words} from '../words.js';
import {equal, test, untranslated, usage} from './check.js';

const words = new Words(untranslated);
const NOW = new Date(2026, 10, 26, 12, 0).getTime();

test('a session has headings only over what there is', () => {
    const turns = [{...usage(), startedMs: new Date(2026, 10, 26, 9, 5).getTime(), model: 'a/b'}, {...usage(), startedMs: null, model: null}];
    const lines = detailLines({models: [], subAgents: [], turns}, NOW, words);
    equal(lines.map(({name}) => name.replace('\u202f', ' ')), ['Last turns', '9:05 AM · a/b', 'Time unknown']);
    equal(lines.map(line => line.usage === null), [true, false, false]);
});

test('a sub-agent is named by what it is and what it does, by its id if nothing else is known', () => {
    const agents = [['explore', 'Find it', 'ses_1'], [null, 'Find it', 'ses_1'], [null, null, 'ses_1'], [null, null, null]];
    const subAgents = agents.map(([agent, title, id]) => ({...usage(), agent, title, id}));
    equal(detailLines({models: [], subAgents, turns: []}, NOW, words).map(({name}) => name),
        ['Sub-agents', 'explore · Find it', 'Find it', 'ses_1', 'Not recorded']);
});

test('many models are cut, and the line says how many more there are', () => {
    const models = Array.from({length: 20}, (_model, i) => ({...usage(), model: `m${i}`}));
    const names = detailLines({models, subAgents: [], turns: []}, NOW, words).map(({name}) => name);
    equal(names, ['Models', 'm0', 'm1', 'm2', 'm3', 'm4', '15 more']);
});
