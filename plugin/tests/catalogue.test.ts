// SPDX-License-Identifier: GPL-3.0-or-later
import { beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Catalogue, compactProviders, pricesPath } from "../src/catalogue";
import { server } from "../src/host-v1";
import { Problems } from "../src/problems";
import { dataDir } from "./replay";
import { until } from "./until";

const NOW_MS = 1_795_172_640_000;
const DAY_MS = 24 * 60 * 60 * 1000;

let path: string;
let asked: number;

beforeEach(() => {
  process.env.XDG_STATE_HOME = mkdtempSync(join(tmpdir(), "octally-state-"));
  path = pricesPath(process.env);
  asked = 0;
});

function answer(input: number) {
  const cost = { input, output: 2, cache: { read: 0.1, write: 0 } };
  const tier = { ...cost, input: 9, tier: { type: "context", size: 128_000 } };
  return { data: { all: [{ id: "p", models: { m: { cost: { ...cost, tiers: [tier] } }, n: {} } }] } };
}

function refresh(input: number, version: string | null, nowMs: number, problems = new Problems()) {
  const ask = async () => {
    asked += 1;
    return answer(input);
  };
  return new Catalogue(path, ask, problems).refresh(version, nowMs);
}

/** As if OpenCode had just been started. */
function freshProcess(): void {
  process.env.XDG_DATA_HOME = dataDir();
  for (const key of Object.getOwnPropertySymbols(globalThis)) {
    if (key.description?.startsWith("io.github.octally.plugin/")) {
      delete (globalThis as Record<symbol, unknown>)[key];
    }
  }
}

function written() {
  return JSON.parse(readFileSync(path, "utf8"));
}

test("the list is written compact, private and whole", async () => {
  await refresh(1, "1.18.33", NOW_MS);
  expect(written()).toEqual({
    format: 1,
    version: "1.18.33",
    date: "2026-11-20",
    providers: { p: { m: [1, 2, 0.1, 0, [[128_000, 9, 2, 0.1, 0]]] } },
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  expect(readdirSync(dirname(path))).toEqual(["prices.json"]);
});

test("OpenCode is asked again after a day or with another version, and the file kept if nothing differs", async () => {
  await refresh(1, "1.18.33", NOW_MS);
  utimesSync(path, NOW_MS / 1000, NOW_MS / 1000);
  const first = statSync(path).ino;
  await refresh(2, "1.18.33", NOW_MS + DAY_MS - 1);
  expect([asked, written().providers.p.m[0]]).toEqual([1, 1]);
  await refresh(1, "1.18.33", NOW_MS + DAY_MS);
  expect([asked, statSync(path).ino]).toEqual([2, first]);
  await refresh(2, "1.19.0", NOW_MS + DAY_MS);
  expect([asked, written().version, written().providers.p.m[0]]).toEqual([3, "1.19.0", 2]);
});

test("an empty answer replaces nothing, and a failure is a problem and no more", async () => {
  await refresh(1, "1", NOW_MS);
  await new Catalogue(path, async () => ({ data: { all: [] } }), new Problems()).refresh("2", NOW_MS);
  expect(written().version).toBe("1");
  const problems = new Problems();
  await new Catalogue(path, () => Promise.reject(new Error("gone")), problems).refresh("2", NOW_MS);
  expect(problems.count("prices")).toBe(1);
  writeFileSync(path, "{");
  await refresh(3, "2", NOW_MS);
  expect(written().providers.p.m[0]).toBe(3);
});

test("the older spelling of caches and tiers says the same", () => {
  const over = { input: 3, output: 4, cache_read: 1, cache_write: 2 };
  const cost = { input: 1, output: 2, cache_read: 0.5, cache_write: 0.6, context_over_200k: over };
  const providers = compactProviders({ all: [{ id: "p", models: { m: { cost } } }] });
  expect(providers).toEqual({ p: { m: [1, 2, 0.5, 0.6, [[200_000, 3, 4, 1, 2]]] } });
});

test("a process that runs for days asks again, once a day", async () => {
  let asked = 0;
  const catalogue = new Catalogue(path, async () => answer(++asked), new Problems());
  await catalogue.refresh("1.18.33", NOW_MS);
  utimesSync(path, NOW_MS / 1000, NOW_MS / 1000);
  await catalogue.refresh("1.18.33", NOW_MS + DAY_MS - 1);
  expect([asked, written().providers.p.m[0]]).toEqual([1, 1]);
  await catalogue.refresh("1.18.33", NOW_MS + DAY_MS);
  expect([asked, written().providers.p.m[0]]).toEqual([2, 2]);
});

test("two copies of the plugin in one process ask once, and write one file", async () => {
  freshProcess();
  const both = Promise.withResolvers<void>();
  const list = async () => {
    asked += 1;
    await both.promise;
    return answer(1);
  };
  const copies = [
    await server({ client: { provider: { list } } }),
    await server({ client: { provider: { list } } }),
  ];
  for (const hooks of copies) {
    await hooks.event?.({ event: { type: "session.idle", properties: { sessionID: "s" } } });
  }
  both.resolve();
  await until(() => existsSync(path));
  expect(asked).toBe(1);
  for (const hooks of copies) await hooks.dispose?.();
});

test("nothing is asked before a turn is over", async () => {
  freshProcess();
  let tell: (() => void) | undefined;
  const hasAsked = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const list = async () => {
    asked += 1;
    tell?.();
    return answer(1);
  };
  const hooks = await server({ client: { provider: { list } } });
  await hooks.event?.({ event: { type: "session.status", properties: { sessionID: "s", status: {} } } });
  expect(asked).toBe(0);
  const idle = { event: { type: "session.idle", properties: { sessionID: "s" } } };
  await hooks.event?.(idle);
  await hooks.event?.(idle);
  await hasAsked;
  expect(asked).toBe(1);
  await hooks.dispose?.();
});
