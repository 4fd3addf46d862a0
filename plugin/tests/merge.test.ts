// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "bun:test";
import { type Contribution, merge, serialize } from "../src/stats-file/merge";
import type { Unwritten } from "../src/steps";
import type { StatsJson } from "./replay";

const NOON_MS = Date.UTC(2026, 10, 20, 12);
const DAY_MS = 86_400_000;

function contribution(changes: Partial<Contribution> = {}): Contribution {
  return {
    runId: "own",
    bootId: "boot",
    entry: {
      id: "own",
      pid: 1,
      pid_start_ticks: 1,
      pid_namespace: "pid:[1]",
      boot_id: "boot",
      opencode: null,
      started_ms: NOON_MS - 1_000,
      last_activity_ms: NOON_MS,
      ended_ms: null,
      models: {
        "m/a": {
          input: 10,
          output: 2,
          reasoning: 0,
          cache_read: 0,
          cache_write: 0,
          steps: 1,
          cost_usd: 0.5,
        },
      },
      sessions: [],
      latest_steps: [],
    },
    unwritten: day("2026-11-20", 12, 500_000_000),
    ...changes,
  };
}

function day(date: string, tokens: number, costNanoUsd: number): Unwritten {
  return new Map([[date, new Map([["m/a", { tokens, costNanoUsd }]])]]);
}

function merged(current: object, changes: Partial<Contribution> = {}, nowMs = NOON_MS): StatsJson {
  return merge({ ...current }, contribution(changes), nowMs) as unknown as StatsJson;
}

test("a new file begins with this run", () => {
  const stats = merged({});
  expect(stats.session).toMatchObject({
    totalTokens: 12,
    tokensByModel: { "m/a": 12 },
    totalCost: 0.5,
    costsByModel: { "m/a": 0.5 },
    startTime: NOON_MS - 1_000,
    lastActivity: NOON_MS,
    isIdle: true,
    idleSince: NOON_MS - 1_000,
  });
  expect(stats.daily).toMatchObject({ date: "2026-11-20", totalTokens: 12 });
  expect(stats.total).toMatchObject({ installDate: NOON_MS, totalTokens: 12, totalCost: 0.5 });
  expect(stats.octally).toMatchObject({ format: 1, plugin: "0.1.0" });
});

test("totals of another writer are adopted, its unknown keys kept", () => {
  const stats = merged({
    theme: "dark",
    session: { totalTokens: 7, note: 1 },
    daily: { date: "2026-11-20", totalTokens: 100, tokensByModel: { "m/b": 100 }, totalCost: 1, more: 2 },
    total: {
      installDate: 5,
      totalTokens: 1_000,
      tokensByModel: { "m/a": 1_000 },
      totalCost: 0.1,
      costsByModel: {},
    },
    octally: { format: 1, extra: true, runs: [] },
  });
  expect(stats.total).toEqual({
    installDate: 5,
    totalTokens: 1_012,
    tokensByModel: { "m/a": 1_012 },
    totalCost: 0.6,
    costsByModel: { "m/a": 0.5 },
  });
  expect(stats.daily).toMatchObject({ totalTokens: 112, tokensByModel: { "m/b": 100, "m/a": 12 }, more: 2 });
  expect(stats).toMatchObject({
    theme: "dark",
    session: { totalTokens: 12, note: 1 },
    octally: { extra: true },
  });
});

test("only what is unwritten is added, whatever the run's own entry says", () => {
  const first = merged({});
  const second = merged(first, { unwritten: new Map() });
  expect(second.total.totalTokens).toBe(12);
});

test("midnight starts the day again and leaves the total", () => {
  const stats = merged(merged({}), { unwritten: day("2026-11-21", 3, 0) }, NOON_MS + DAY_MS);
  expect(stats.daily).toMatchObject({ date: "2026-11-21", totalTokens: 3, tokensByModel: { "m/a": 3 } });
  expect(stats.total.totalTokens).toBe(15);
});

test("a step of yesterday that ends after midnight is not today's", () => {
  const stats = merged({}, { unwritten: day("2026-11-19", 4, 0) });
  expect(stats.daily.totalTokens).toBe(0);
  expect(stats.total.totalTokens).toBe(4);
});

test("a day written further east is left alone, a wrong clock's day is not", () => {
  const daily = { totalTokens: 9, tokensByModel: {}, totalCost: 0, costsByModel: {} };
  const total = { installDate: 1, totalTokens: 9 };
  expect(merged({ daily: { ...daily, date: "2026-11-21" }, total }).daily).toMatchObject({
    date: "2026-11-21",
    totalTokens: 9,
  });
  expect(merged({ daily: { ...daily, date: "2027-01-01" }, total }).daily).toMatchObject({
    date: "2026-11-20",
    totalTokens: 12,
  });
});

test("session is the most recently active run", () => {
  const other = { id: "other", last_activity_ms: NOON_MS + 5, started_ms: 3, models: {}, sessions: [] };
  const stats = merged({ octally: { runs: [other] } });
  expect(stats.session).toMatchObject({ totalTokens: 0, startTime: 3 });
  expect(stats.octally.runs.map((run) => run.id)).toEqual(["other", "own"]);
});

test("a run that did nothing is taken out again", () => {
  const other = { id: "other", last_activity_ms: 7, started_ms: 3, models: {}, sessions: [] };
  const before = merged({ octally: { runs: [other] } });
  const stats = merged(before, { entry: null, unwritten: new Map() });
  expect(stats.octally.runs.map((run) => run.id)).toEqual(["other"]);
  expect(stats.session.startTime).toBe(3);
});

test("runs go a day after their end, those of an earlier boot a day after their last activity", () => {
  const run = (id: string, changes: object) => ({ id, last_activity_ms: NOON_MS - 2 * DAY_MS, ...changes });
  const stats = merged({
    octally: {
      runs: [
        run("ended", { boot_id: "boot", ended_ms: NOON_MS - 2 * DAY_MS }),
        run("lives on", { boot_id: "boot", ended_ms: null }),
        run("earlier boot", { boot_id: "before", ended_ms: null }),
        "nonsense",
      ],
    },
  });
  expect(stats.octally.runs.map((entry) => entry.id)).toEqual(["own", "lives on"]);
});

test("32 runs stay", () => {
  const runs = Array.from({ length: 40 }, (_, i) => ({ id: `r${i}`, last_activity_ms: i }));
  expect(merged({ octally: { runs } }).octally.runs).toHaveLength(32);
});

test("a session that waits is not pushed out by 32 runs that are over", () => {
  const over = Array.from({ length: 40 }, (_, i) => ({
    id: `r${i}`,
    last_activity_ms: NOON_MS - i,
    ended_ms: NOON_MS - i,
  }));
  const waits = { id: "waits", last_activity_ms: NOON_MS - 3_600_000, ended_ms: null };
  const runs = merged({ octally: { runs: [...over, waits] } }).octally.runs;
  expect(runs).toHaveLength(32);
  expect(runs.at(-1)?.id).toBe("waits");
  const pad = "x".repeat(1_000);
  const document = { octally: { runs: [...over.slice(0, 10), waits].map((run) => ({ ...run, pad })) } };
  const text = serialize(merge(document, contribution(), NOON_MS), 8_000);
  const kept = (JSON.parse(text) as StatsJson).octally.runs.map((run) => run.id);
  expect([kept[0], kept.at(-1)]).toEqual(["own", "waits"]);
});

test("a busy or waiting session keeps the run from being idle", () => {
  const entry = contribution().entry;
  if (!entry) throw new Error("no entry");
  const session = { id: "s", parent: null, waiting_for: null, since_ms: 9, last_activity_ms: 9 };
  const withState = (state: "busy" | "waiting" | "idle") =>
    merged({}, { entry: { ...entry, started_ms: 1, sessions: [{ ...session, state }] } }).session;
  expect(withState("busy")).toMatchObject({ isIdle: false, idleSince: null });
  expect(withState("waiting")).toMatchObject({ isIdle: false, idleSince: null });
  expect(withState("idle")).toMatchObject({ isIdle: true, idleSince: 9 });
});

test("a correction never makes a figure negative", () => {
  expect(merged({}, { unwritten: day("2026-11-20", -5, -1) }).total).toMatchObject({
    totalTokens: 0,
    totalCost: 0,
  });
});

test("what would be too long loses its oldest runs, never a total", () => {
  const runs = Array.from({ length: 20 }, (_, i) => ({
    id: `r${i}`,
    last_activity_ms: i,
    pad: "x".repeat(1_000),
  }));
  const text = serialize(merge({ octally: { runs } }, contribution(), NOON_MS), 8_000);
  expect(text.length).toBeLessThanOrEqual(8_000);
  const stats = JSON.parse(text) as StatsJson;
  expect(stats.octally.runs[0]?.id).toBe("own");
  expect(stats.total.totalTokens).toBe(12);
});
