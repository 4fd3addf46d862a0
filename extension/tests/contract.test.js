// SPDX-License-Identifier: GPL-3.0-or-later
// The XML that the proxies are built from is the contract in data/, comments aside. Run by node.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

import * as embedded from '../dbus.js';

const contract = readFileSync(new URL(`../../data/${embedded.BUS_NAME}.xml`, import.meta.url), 'utf8');

/** "interface member" -> its XML, in the order of the text. */
function members(xml) {
    const found = new Map();
    for (const [, name, body] of xml.replace(/<!--.*?-->/gs, '').matchAll(/<interface name="(.*?)">(.*?)<\/interface>/gs)) {
        for (const [text, , member] of body.matchAll(/<(property|method|signal) name="(\w+)"(?:[^>]*\/>|.*?<\/\1>)/gs))
            found.set(`${name} ${member}`, text.replace(/\s+/g, ' '));
    }
    return found;
}

test('what the contract has is embedded as it is there', () => {
    const ours = members(Object.values(embedded).join('\n'));
    const theirs = members(contract);
    assert.ok(theirs.size > 10);
    for (const [name, xml] of theirs)
        assert.equal(ours.get(name), xml, name);
});

test('the extension has the version of the program', () => {
    const metadata = JSON.parse(readFileSync(new URL('../metadata.json', import.meta.url), 'utf8'));
    const manifest = readFileSync(new URL('../../Cargo.toml', import.meta.url), 'utf8');
    assert.equal(metadata['version-name'], manifest.match(/^version = "(.*)"$/m)[1]);
});
