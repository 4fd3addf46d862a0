// SPDX-License-Identifier: GPL-3.0-or-later
import { beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunIdentity, startTicksOf, thisRun } from "../src/run";
import { type Location, locationIn } from "../src/stats-file/location";
import { Lock } from "../src/stats-file/lock";
import { dataDir } from "./replay";

let location: Location;
const run = thisRun();

beforeEach(() => {
  location = locationIn(dataDir());
});

function lockOf(token: string, holder: RunIdentity = run): Lock {
  const temporary = join(location.dir, `stats.json.tmp-${token}`);
  writeFileSync(temporary, "");
  return new Lock(location, holder, token, temporary);
}

function makeOlder(path: string, ageMs: number): void {
  const then = new Date(Date.now() - ageMs);
  utimesSync(path, then, then);
}

/** A process that has ended and been reaped. */
function deadRun(): RunIdentity {
  const child = Bun.spawnSync(["true"]);
  return { ...run, pid: child.pid, pidStartTicks: 1 };
}

test("only one holds it, and the next has it after the release", async () => {
  const [first, second] = [lockOf("a"), lockOf("b")];
  expect(await first.acquire(0)).toBe(true);
  expect(await second.acquire(30)).toBe(false);
  await first.release();
  expect(await second.acquire(1_000)).toBe(true);
  await second.release();
  expect(existsSync(location.lock)).toBe(false);
});

test("the lock of a dead process is broken at once, its temporary file goes", async () => {
  expect(await lockOf("dead", deadRun()).acquire(0)).toBe(true);
  expect(await lockOf("b").acquire(0)).toBe(true);
  expect(readdirSync(location.dir).sort()).toEqual(["stats.json.lock", "stats.json.tmp-b"]);
});

test("a process that got the dead one's pid does not keep the lock", async () => {
  await lockOf("dead", { ...run, pidStartTicks: (run.pidStartTicks ?? 0) + 1 }).acquire(0);
  expect(await lockOf("b").acquire(0)).toBe(true);
});

test("the lock of another boot or container is kept for a while", async () => {
  for (const elsewhere of [{ bootId: "other boot" }, { pidNamespace: "pid:[1]" }, { bootId: null }]) {
    await lockOf("far", { ...deadRun(), ...elsewhere }).acquire(0);
    expect(await lockOf("b").acquire(0)).toBe(false);
    makeOlder(location.lock, 11_000);
    const breaker = lockOf("b");
    expect(await breaker.acquire(0)).toBe(true);
    await breaker.release();
  }
});

test("a lock without a name is left to the one who is just writing it", async () => {
  writeFileSync(location.lock, "");
  expect(await lockOf("b").acquire(30)).toBe(false);
  makeOlder(location.lock, 3_000);
  expect(await lockOf("b").acquire(0)).toBe(true);
});

test("a holder that was stopped too long can no longer rename", async () => {
  const stopped = lockOf("stopped");
  await stopped.acquire(0);
  makeOlder(location.lock, 29_000);
  expect(await lockOf("b").acquire(30)).toBe(false);
  makeOlder(location.lock, 31_000);
  expect(await lockOf("c").acquire(0)).toBe(true);
  expect(existsSync(join(location.dir, "stats.json.tmp-stopped"))).toBe(false);
  await stopped.release();
  expect(existsSync(location.lock)).toBe(true);
});

test("a lock from the future, left by a wrong clock, is broken too", async () => {
  await lockOf("future").acquire(0);
  makeOlder(location.lock, -3_600_000);
  expect(await lockOf("b").acquire(0)).toBe(true);
});

test("a breaker that died does not keep the lock for ever", async () => {
  await lockOf("dead", deadRun()).acquire(0);
  writeFileSync(location.breaking, "");
  expect(await lockOf("b").acquire(30)).toBe(false);
  makeOlder(location.breaking, 11_000);
  expect(await lockOf("b").acquire(1_000)).toBe(true);
  expect(existsSync(location.breaking)).toBe(false);
});

test("a forged lock makes nobody remove foreign files", async () => {
  const precious = join(location.dir, "opencode.db");
  writeFileSync(precious, "x");
  for (const temporary of ["opencode.db", "../opencode.db", "stats.json.tmp-/../opencode.db"]) {
    writeFileSync(location.lock, JSON.stringify({ token: "t", temporary, pid: 1, boot_id: "b" }));
    makeOlder(location.lock, 60_000);
    const lock = lockOf("b");
    expect(await lock.acquire(0)).toBe(true);
    await lock.release();
  }
  expect(existsSync(precious)).toBe(true);
});

test("this process is told from a dead one", () => {
  expect(startTicksOf(process.pid)).toBe(run.pidStartTicks as number);
  expect(startTicksOf(deadRun().pid)).toBeNull();
  expect(run.bootId).toMatch(/^[0-9a-f-]{36}$/);
  expect(run.pidNamespace).toMatch(/^pid:\[\d+\]$/);
});
