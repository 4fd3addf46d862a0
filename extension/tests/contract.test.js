// SPDX-License-Identifier: GPL-3.0-or-later
// The XML that the proxies are built from is the contract in data/, comments aside. Run by node.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

import {ALERTS_XML, BUS_NAME, SESSIONS_XML, USAGE_XML} from '../dbus.js';

const contract = readFileSync(new URL(`../../data/${BUS_NAME}.xml`, import.meta.url), 'utf8');

function interfaces(xml) {
    return xml.replace(/<!--.*?-->/gs, '').match(/<interface.*?<\/interface>/gs).map(text => text.replace(/\s+/g, ' '));
}

test('the embedded interfaces are those of the contract', () => {
    const embedded = [USAGE_XML, SESSIONS_XML, ALERTS_XML].flatMap(interfaces);
    assert.deepEqual(embedded, interfaces(contract));
});
