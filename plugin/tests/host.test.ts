// SPDX-License-Identifier: GPL-3.0-or-later
import { beforeEach, expect, spyOn, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as plugin from "../src/index";
import { shared } from "../src/shared";
import { dataDir, type Line, readStats, recorded } from "./replay";

const { server, setup } = plugin.default;
const KEY = Symbol.for("io.github.octally.plugin/2");

let dir: string;

beforeEach(() => {
  process.env.XDG_DATA_HOME = dataDir();
  dir = join(process.env.XDG_DATA_HOME, "opencode");
  mkdirSync(dir);
  delete (globalThis as Record<symbol, unknown>)[KEY];
});

/** A recorded event as if it happened now: what is older than the process would be history. */
function now(line: Line): unknown {
  const [first] = recorded("tools");
  const shiftMs = Date.now() - (first?.t ?? 0);
  const text = JSON.stringify(line.event).replace(
    /"(created|completed)":(\d+)/g,
    (_, key, ms) => `"${key}":${Number(ms) + shiftMs}`,
  );
  return JSON.parse(text);
}

test("there is one export, in the form that both generations take", () => {
  expect(Object.keys(plugin)).toEqual(["default"]);
  expect(Object.keys(plugin.default)).toEqual(["id", "server", "setup"]);
});

test("loaded twice and by both loaders, one meter counts once", async () => {
  const first = await server({});
  const second = await server({});
  const subscribe = () => {
    throw new Error("1.x was first");
  };
  expect(await setup({ event: { subscribe } })).toBeUndefined();
  for (const line of recorded("tools").filter((line) => line.event)) {
    const event = now(line);
    await first.event?.({ event });
    await second.event?.({ event });
  }
  await first.dispose?.();
  await second.dispose?.();
  await second.dispose?.();
  expect(readStats(dir).total.totalTokens).toBe(5646);
  expect(readStats(dir).octally.runs).toHaveLength(1);
});

test("the 1.18 core's context without events starts nothing", async () => {
  expect(await setup({ options: {} })).toBeUndefined();
  expect(await setup(undefined)).toBeUndefined();
  expect(KEY in globalThis).toBe(false);
});

test("2.x follows the feed and stops with the returned function", async () => {
  let signal: AbortSignal | undefined;
  const event = {
    async *subscribe(options: { signal: AbortSignal }) {
      signal = options.signal;
      yield { id: "evt_1", type: "session.execution.started", data: { sessionID: "ses_x" } };
    },
  };
  const stop = await setup({ event });
  await Bun.sleep(0);
  await stop?.();
  expect(signal?.aborted).toBe(true);
  expect(readStats(dir).octally.runs[0]?.sessions[0]?.id).toBe("ses_x");
});

test("no input whatever makes a hook throw or anything be printed", async () => {
  const printed = [spyOn(process.stdout, "write"), spyOn(process.stderr, "write")];
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("hostile");
      },
    },
  );
  const log = () => {
    throw new Error("cannot log");
  };
  const hooks = await server({ client: { app: { log } } });
  const inputs = [
    undefined,
    null,
    1,
    hostile,
    { event: hostile },
    { event: { type: hostile } },
    { event: { type: "message.updated", properties: hostile } },
    { event: { type: "session.idle", properties: [] } },
  ];
  for (const input of inputs) {
    await hooks.event?.(input);
    await hooks["chat.message"]?.(input);
  }
  await hooks.dispose?.();
  expect(shared().meter.problems.count("event")).toBeGreaterThan(0);
  expect(Object.keys(await server(hostile))).toContain("event");
  for (const spy of printed) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

test("problems go to OpenCode's log", async () => {
  const requests: unknown[] = [];
  const hooks = await server({ client: { app: { log: (request: unknown) => requests.push(request) } } });
  await hooks.event?.({
    get event() {
      throw new Error("secret");
    },
  });
  expect(requests).toEqual([
    {
      body: { service: "octally", level: "warn", message: "an event of OpenCode could not be read (Error)" },
    },
  ]);
  await hooks.dispose?.();
});

test("a lock held for seconds delays no hook, and the event loop goes on", async () => {
  writeFileSync(join(dir, "stats.json.lock"), "");
  const hooks = await server({});
  let hasTurned = false;
  setImmediate(() => {
    hasTurned = true;
  });
  for (let i = 0; i < 100; i++) {
    await hooks["chat.message"]?.({ sessionID: `ses_${i}` });
    await hooks.event?.({
      event: { id: `e${i}`, type: "session.idle", properties: { sessionID: `ses_${i}` } },
    });
  }
  // The hooks have waited for nothing.
  expect(hasTurned).toBe(false);
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
  // Nor has the event loop, else the lock would be stale by now.
  expect(existsSync(join(dir, "stats.json"))).toBe(false);
  rmSync(join(dir, "stats.json.lock"));
  await hooks.dispose?.();
  expect(readStats(dir).octally.runs[0]?.sessions).toHaveLength(100);
});
