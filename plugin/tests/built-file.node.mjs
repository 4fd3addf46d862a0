// SPDX-License-Identifier: GPL-3.0-or-later
// Run by node's own test runner: the committed file must not need Bun.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

test("the built file loads, counts and writes without Bun", async (context) => {
  const data = mkdtempSync(join(tmpdir(), "octally-plugin-"));
  context.after(() => rmSync(data, { recursive: true }));
  mkdirSync(join(data, "opencode"));
  process.env.XDG_DATA_HOME = data;
  const module = await import("../dist/octally.js");
  assert.deepEqual(Object.keys(module), ["default"]);
  const hooks = await module.default.server({});
  const created = Date.now();
  const info = {
    id: "msg_1",
    sessionID: "ses_1",
    role: "assistant",
    providerID: "mock",
    modelID: "m",
    finish: "stop",
    cost: 0.5,
    time: { created },
    tokens: { total: 15, input: 1, output: 2, reasoning: 3, cache: { read: 4, write: 5 } },
  };
  await hooks["chat.message"]({ sessionID: "ses_1" });
  await hooks.event({ event: { id: "evt_1", type: "message.updated", properties: { info } } });
  await hooks.dispose();
  const stats = JSON.parse(readFileSync(join(data, "opencode", "stats.json"), "utf8"));
  assert.equal(stats.total.totalTokens, 15);
  assert.deepEqual(stats.total.costsByModel, { "mock/m": 0.5 });
});
