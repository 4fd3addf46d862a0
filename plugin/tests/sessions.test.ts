// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "bun:test";
import { Sessions } from "../src/sessions";

test("a turn goes from busy to idle, and idle keeps its first time", () => {
  const sessions = new Sessions();
  expect(sessions.busy("s", 10)).toBe(true);
  expect(sessions.busy("s", 20)).toBe(false);
  expect(sessions.idle("s", 30)).toBe(true);
  expect(sessions.idle("s", 40)).toBe(false);
  expect(sessions.get("s")).toMatchObject({ state: "idle", sinceMs: 30, lastActivityMs: 40 });
});

test("a session waits until its last request is answered", () => {
  const sessions = new Sessions();
  sessions.busy("s", 1);
  sessions.asked("s", "per_1", "permission", 2);
  sessions.asked("s", "que_1", "question", 3);
  sessions.busy("s", 4);
  expect(sessions.get("s")).toMatchObject({ state: "waiting", sinceMs: 2 });
  expect(sessions.answered("s", "per_1", 5)).toBe(false);
  expect(sessions.answered("s", "que_1", 6)).toBe(true);
  expect(sessions.get("s")).toMatchObject({ state: "busy", sinceMs: 6 });
});

test("idle ends the wait: an aborted turn asks no more", () => {
  const sessions = new Sessions();
  sessions.asked("s", "per_1", "permission", 2);
  sessions.idle("s", 3);
  expect(sessions.answered("s", "per_1", 4)).toBe(false);
  expect(sessions.get("s")?.state).toBe("idle");
});

test("sessions that this process did nothing in are not shown", () => {
  const sessions = new Sessions();
  sessions.learn("other", undefined, 1, 1);
  sessions.idle("other", 2);
  expect(sessions.active()).toEqual([]);
});

test("512 sessions stay, the busy ones before the idle ones", () => {
  const sessions = new Sessions();
  sessions.busy("busy", 0);
  for (let i = 1; i <= 600; i++) {
    sessions.busy(`s${i}`, i);
    sessions.idle(`s${i}`, i);
  }
  const active = sessions.active();
  expect(active).toHaveLength(512);
  expect(active[0]?.id).toBe("s600");
  expect(sessions.get("busy")?.state).toBe("busy");
});

test("a deleted session is gone", () => {
  const sessions = new Sessions();
  sessions.busy("s", 1);
  expect(sessions.delete("s")).toBe(true);
  expect(sessions.active()).toEqual([]);
});
