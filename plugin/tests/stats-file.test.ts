// SPDX-License-Identifier: GPL-3.0-or-later
import { beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Fact } from "../src/fact";
import { Meter } from "../src/meter";
import { thisRun } from "../src/run";
import { locationIn, dataDir as resolvedDataDir } from "../src/stats-file/location";
import { Lock } from "../src/stats-file/lock";
import { dataDir, QUICK, readStats } from "./replay";
import { until } from "./until";

let dir: string;
let stats: string;
const run = thisRun();

beforeEach(() => {
  dir = dataDir();
  stats = join(dir, "stats.json");
});

let steps = 0;

function step(tokens: number): Fact[] {
  steps += 1;
  const createdMs = Date.now();
  return [
    {
      kind: "step",
      step: {
        id: `msg_test_${steps}`,
        sessionId: "ses_1",
        model: "m/a",
        createdMs,
        completedMs: createdMs,
        tokens: { input: tokens, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
        costNanoUsd: 1,
        isCounted: true,
      },
    },
  ];
}

/** A meter that has counted a step of so many tokens and tried to write it. */
async function metered(tokens: number): Promise<Meter> {
  const meter = new Meter(run, dir, { ...QUICK, lockWaitMs: 30 });
  meter.attach();
  meter.apply(step(tokens));
  await until(() => readdirSync(dir).length > 0 || !existsSync(dir));
  await meter.detach();
  return meter;
}

test("the file is private, whole and alone", async () => {
  await metered(7);
  expect(statSync(stats).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(["stats.json"]);
  expect(readStats(dir).total.totalTokens).toBe(7);
});

test("a torn or foreign file is set aside, only the newest of them kept", async () => {
  for (const text of ["", '{"total": {"totalTokens": 1', "[]", "null", '{"mine": 1}']) {
    writeFileSync(stats, text);
    const meter = await metered(7);
    expect(meter.problems.count("set-aside")).toBe(1);
    expect(readStats(dir).total.totalTokens).toBe(7);
    const aside = readdirSync(dir).filter((name) => name.startsWith("stats.json.corrupt-"));
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(dir, aside[0] as string), "utf8")).toBe(text);
  }
});

test("a file of a gigabyte is set aside unread", async () => {
  writeFileSync(stats, "");
  truncateSync(stats, 1024 ** 3);
  await metered(7);
  expect(readStats(dir).total.totalTokens).toBe(7);
});

test("a symbolic link is neither followed nor replaced", async () => {
  const target = join(dataDir(), "elsewhere.json");
  writeFileSync(target, "{}");
  symlinkSync(target, stats);
  const meter = await metered(7);
  expect(meter.problems.count("symlink")).toBeGreaterThan(0);
  expect(readlinkSync(stats)).toBe(target);
  expect(readFileSync(target, "utf8")).toBe("{}");
});

test("a folder or a FIFO in its place is left alone", async () => {
  mkdirSync(stats);
  expect((await metered(7)).problems.count("not-a-file")).toBeGreaterThan(0);
  dir = dataDir();
  Bun.spawnSync(["mkfifo", join(dir, "stats.json")]);
  expect((await metered(7)).problems.count("not-a-file")).toBeGreaterThan(0);
  expect(lstatSync(join(dir, "stats.json")).isFIFO()).toBe(true);
});

test("the file of a newer format is left alone", async () => {
  const text = '{"octally":{"format":2},"total":"of another shape"}';
  writeFileSync(stats, text);
  const meter = await metered(7);
  expect(meter.problems.count("newer-format")).toBe(1);
  expect(readFileSync(stats, "utf8")).toBe(text);
  meter.apply(step(1));
  await meter.detach();
  expect(readdirSync(dir)).toEqual(["stats.json"]);
});

test("what cannot be written is kept and written when it can be", async () => {
  renameSync(dir, `${dir}.away`);
  writeFileSync(dir, "in the way");
  const meter = new Meter(run, dir, QUICK);
  meter.attach();
  meter.apply(step(7));
  await until(() => meter.problems.count("write") > QUICK.retryMs.length);
  renameSync(dir, `${dir}.file`);
  renameSync(`${dir}.away`, dir);
  meter.apply(step(5));
  await until(() => existsSync(stats));
  expect(readStats(dir).total.totalTokens).toBe(12);
});

test("each kind of problem is told once, and no content with it", async () => {
  const told: string[] = [];
  const meter = new Meter(run, join(dir, "missing"), QUICK);
  meter.problems.setListener((message) => told.push(message));
  meter.attach();
  meter.apply(step(7));
  await until(() => meter.problems.count("write") > 2);
  expect(told).toEqual([
    `${join(dir, "missing", "stats.json")} could not be written (ENOENT); figures are kept and written later`,
  ]);
});

test("temporary files that nobody will rename are removed, fresh ones not", async () => {
  const [old, fresh] = [join(dir, "stats.json.tmp-old"), join(dir, "stats.json.tmp-fresh")];
  writeFileSync(old, "");
  writeFileSync(fresh, "");
  utimesSync(old, new Date(0), new Date(0));
  const meter = new Meter(run, dir, QUICK);
  meter.attach();
  meter.apply(step(7));
  await until(() => existsSync(stats));
  expect([existsSync(old), existsSync(fresh)]).toEqual([false, true]);
});

test("the first change is written at once, the following ones together", async () => {
  const meter = new Meter(run, dir, { ...QUICK, intervalMs: 250 });
  meter.attach();
  meter.apply(step(1));
  await until(() => existsSync(stats));
  const first = statSync(stats).ino;
  for (let i = 0; i < 10; i++) meter.apply(step(1));
  expect(readStats(dir).total.totalTokens).toBe(1);
  await until(() => statSync(stats).ino !== first);
  expect(readStats(dir).total.totalTokens).toBe(11);
});

test("the end of a turn does not wait for the others", async () => {
  const meter = new Meter(run, dir, { ...QUICK, intervalMs: 60_000, urgentIntervalMs: 5 });
  meter.attach();
  meter.apply([{ kind: "busy", sessionId: "ses_1" }]);
  await until(() => existsSync(stats));
  meter.apply(step(7));
  expect(readStats(dir).total.totalTokens).toBe(0);
  meter.apply([{ kind: "idle", sessionId: "ses_1" }]);
  await until(() => readStats(dir).session.isIdle);
  expect(readStats(dir).total.totalTokens).toBe(7);
});

test("of two instances that end at once neither has ended before the file is written", async () => {
  const meter = new Meter(run, dir, QUICK);
  meter.attach();
  meter.attach();
  meter.apply(step(7));
  const ends = [meter.detach(), meter.detach()];
  await ends[1];
  expect(readStats(dir).octally.runs[0]?.ended_ms).toBeNumber();
  await ends[0];
});

/** The lock is held by a live process, this one, until the returned function is called. */
async function heldLock(): Promise<() => Promise<void>> {
  const lock = new Lock(locationIn(dir), run, "other", join(dir, "stats.json.tmp-other"));
  expect(await lock.acquire(0)).toBe(true);
  return () => lock.release();
}

test("the end of a run does not wait for a lock that never comes free", async () => {
  const release = await heldLock();
  const meter = new Meter(run, dir, { ...QUICK, lockWaitMs: 60_000, flushWaitMs: 20 });
  meter.attach();
  meter.apply(step(7));
  // Were it to wait for the lock, this test would run out of time.
  await meter.detach();
  expect(existsSync(stats)).toBe(false);
  await release();
  await until(() => existsSync(stats));
});

test("a process that waits for the lock and is done otherwise ends", async () => {
  const release = await heldLock();
  const script = `
    const { Meter } = await import(${JSON.stringify(join(import.meta.dir, "../src/meter.ts"))});
    const { thisRun } = await import(${JSON.stringify(join(import.meta.dir, "../src/run.ts"))});
    const timing = { urgentIntervalMs: 1, intervalMs: 1, lockWaitMs: 60_000, flushWaitMs: 60_000, retryMs: [] };
    const meter = new Meter(thisRun(), ${JSON.stringify(dir)}, timing);
    meter.apply([{ kind: "busy", sessionId: "ses_1" }]);
    await Bun.sleep(50);
  `;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "inherit", stderr: "inherit" });
  // Were it to wait for the lock, this test would run out of time.
  expect(await child.exited).toBe(0);
  await release();
});

test("a file that was removed begins anew with what is unwritten", async () => {
  const meter = new Meter(run, dir, QUICK);
  meter.attach();
  meter.apply(step(7));
  await until(() => existsSync(stats));
  renameSync(stats, `${stats}.old`);
  meter.apply(step(5));
  await until(() => existsSync(stats));
  expect(readStats(dir).total.totalTokens).toBe(5);
  expect(readStats(dir).session.totalTokens).toBe(12);
});

test("the folder is OpenCode's own, a relative XDG_DATA_HOME included", () => {
  expect(resolvedDataDir({ XDG_DATA_HOME: "/data" })).toBe("/data/opencode");
  expect(resolvedDataDir({ XDG_DATA_HOME: "data" })).toBe(join(process.cwd(), "data/opencode"));
  expect(resolvedDataDir({ XDG_DATA_HOME: "" })).toEndWith("/.local/share/opencode");
});
