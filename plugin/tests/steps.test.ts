// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "bun:test";
import type { Step } from "../src/fact";
import { localDay, Steps } from "../src/steps";

const START_MS = 1_795_166_000_000;
const NOW_MS = START_MS + 3_600_000;

/** An id as OpenCode makes it at that time. */
function idAt(ms: number, suffix = "x"): string {
  const digits = (BigInt(ms % 2 ** 36) * 4096n).toString(16).padStart(12, "0");
  return `msg_${digits}${suffix}`;
}

function step(changes: Partial<Step> = {}): Step {
  const createdMs = changes.createdMs ?? START_MS + 1_000;
  return {
    id: idAt(createdMs),
    sessionId: "ses_1",
    model: "mock/a",
    createdMs,
    completedMs: createdMs + 500,
    tokens: { input: 100, output: 10, reasoning: 5, cacheRead: 0, cacheWrite: 0 },
    costNanoUsd: 1_000,
    isCounted: true,
    ...changes,
  };
}

function totals(steps: Steps): [steps: number, input: number, nanoUsd: number] {
  const all = [...steps.models().values()];
  const sum = (key: "steps" | "input" | "costNanoUsd") => all.reduce((n, model) => n + model[key], 0);
  return [sum("steps"), sum("input"), sum("costNanoUsd")];
}

test("a message counts once however often it is told", () => {
  const steps = new Steps(START_MS);
  expect(steps.count(step(), START_MS, NOW_MS)).toBe(true);
  expect(steps.count(step(), START_MS, NOW_MS)).toBe(false);
  expect(totals(steps)).toEqual([1, 100, 1_000]);
});

test("other figures for the same message add the difference", () => {
  const steps = new Steps(START_MS);
  steps.count(step(), START_MS, NOW_MS);
  const tokens = { input: 70, output: 10, reasoning: 5, cacheRead: 30, cacheWrite: 0 };
  steps.count(step({ tokens, costNanoUsd: 700, model: "mock/b" }), START_MS, NOW_MS);
  expect(totals(steps)).toEqual([1, 70, 700]);
  expect(steps.models().get("mock/a")?.steps).toBe(0);
  const day = steps.takeUnwritten().get(localDay(START_MS + 1_000));
  expect(day?.get("mock/a")).toEqual({ tokens: 0, costNanoUsd: 0 });
  expect(day?.get("mock/b")).toEqual({ tokens: 115, costNanoUsd: 700 });
});

test("an error without usage counts nothing", () => {
  const steps = new Steps(START_MS);
  const tokens = { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 };
  expect(steps.count(step({ tokens, costNanoUsd: 0, isCounted: false }), START_MS, NOW_MS)).toBe(false);
  expect(steps.latest()).toEqual([]);
});

test("a copy in a fork is older than its session", () => {
  const steps = new Steps(START_MS);
  expect(steps.count(step(), START_MS + 2_000, NOW_MS)).toBe(false);
});

test("a copy in an unknown session is known by its id", () => {
  const steps = new Steps(START_MS);
  expect(steps.count(step({ id: idAt(START_MS + 9_000) }), undefined, NOW_MS)).toBe(false);
  expect(steps.count(step(), undefined, NOW_MS)).toBe(true);
});

test("an original whose id is a millisecond older than its message counts", () => {
  const steps = new Steps(START_MS);
  expect(steps.count(step({ id: idAt(START_MS + 999) }), undefined, NOW_MS)).toBe(true);
});

test("ids that wrapped around are read right", () => {
  const wrapMs = Math.ceil(START_MS / 2 ** 36) * 2 ** 36;
  const steps = new Steps(START_MS);
  const original = step({ createdMs: wrapMs, id: idAt(wrapMs - 1) });
  expect(steps.count(original, undefined, wrapMs + 10_000)).toBe(true);
  const copy = step({ createdMs: wrapMs - 5_000, id: idAt(wrapMs + 1_000) });
  expect(steps.count(copy, undefined, wrapMs + 10_000)).toBe(false);
});

test("what was created before the run is history, unless the clock was set back", () => {
  const steps = new Steps(START_MS);
  expect(steps.count(step({ createdMs: START_MS - 1 }), undefined, NOW_MS)).toBe(false);
  const hourAgoMs = START_MS - 3_600_000;
  expect(steps.count(step({ createdMs: hourAgoMs }), undefined, hourAgoMs - 10)).toBe(true);
});

test("a forgotten step is not counted again", () => {
  const steps = new Steps(START_MS);
  for (let i = 0; i < 5_000; i++) steps.count(step({ createdMs: START_MS + i * 10 }), START_MS, NOW_MS);
  expect(totals(steps)[0]).toBe(5_000);
  expect(steps.count(step({ createdMs: START_MS }), START_MS, NOW_MS)).toBe(false);
});

test("the newest 32 ids are told, newest first", () => {
  const steps = new Steps(START_MS);
  for (let i = 0; i < 40; i++) steps.count(step({ createdMs: START_MS + i * 10 }), START_MS, NOW_MS);
  expect(steps.latest()).toHaveLength(32);
  expect(steps.latest()[0]).toBe(idAt(START_MS + 390));
});

test("what could not be written is not lost", () => {
  const steps = new Steps(START_MS);
  steps.count(step(), START_MS, NOW_MS);
  const taken = steps.takeUnwritten();
  steps.count(step({ createdMs: START_MS + 5_000 }), START_MS, NOW_MS);
  steps.giveBack(taken);
  expect(steps.takeUnwritten().get(localDay(START_MS))?.get("mock/a")).toEqual({
    tokens: 230,
    costNanoUsd: 2_000,
  });
  expect(steps.takeUnwritten().size).toBe(0);
});

test("hundreds of models share one line in the end", () => {
  const steps = new Steps(START_MS);
  for (let i = 0; i < 400; i++) {
    steps.count(step({ createdMs: START_MS + i * 10, model: `mock/${i}` }), START_MS, NOW_MS);
  }
  expect(steps.models().size).toBeLessThanOrEqual(257);
  expect(totals(steps)[0]).toBe(400);
});
