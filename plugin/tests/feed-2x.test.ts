// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "bun:test";
import { FeedReader, follow } from "../src/host-v2";
import { Meter } from "../src/meter";
import { dataDir, QUICK, readStats, runOf } from "./replay";

const START_MS = 1_791_500_491_000;
const S = { sessionID: "ses_x" };
const TOKENS = { input: 1000, output: 34, reasoning: 5, cache: { read: 200, write: 1 } };

let events = 0;

/** An event in the form of @opencode/client 2.0.21. */
function event(type: string, data: object) {
  events += 1;
  return { id: `evt_${events}`, created: START_MS + events, type, location: { directory: "/tmp/p" }, data };
}

function turn(message: string): object[] {
  const model = { id: "m1", providerID: "fake" };
  return [
    event("session.execution.started", S),
    event("session.step.started", {
      ...S,
      assistantMessageID: message,
      agent: "build",
      model,
      started: START_MS + 10,
    }),
    event("session.text.delta", { ...S, assistantMessageID: message, delta: "x" }),
    event("session.step.ended", {
      ...S,
      assistantMessageID: message,
      finish: "stop",
      cost: 0.00357,
      tokens: TOKENS,
    }),
    event("session.usage.updated", { ...S, cost: 0.00714, tokens: TOKENS }),
  ];
}

/** A feed that gives these events and then stays open, as OpenCode's does. */
function feedOf(items: object[]) {
  return {
    async *subscribe({ signal }: { signal: AbortSignal }) {
      yield* items;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
}

async function played(items: object[], copies = 1) {
  const dir = dataDir();
  const meter = new Meter(runOf(1, START_MS), dir, QUICK);
  const stops = Array.from({ length: copies }, () => follow(meter, feedOf(items)));
  await Bun.sleep(0);
  await Promise.all(stops.map((stop) => stop()));
  return readStats(dir);
}

test("a step counts with the model of its start, usage sums do not count again", async () => {
  const created = event("session.created", { ...S, version: "2.0.26", parentID: "ses_p" });
  const stats = await played([created, ...turn("msg_1"), event("session.execution.succeeded", S)]);
  expect(stats.octally.runs[0]).toMatchObject({
    opencode: "2.0.26",
    models: {
      "fake/m1": {
        input: 1000,
        output: 34,
        reasoning: 5,
        cache_read: 200,
        cache_write: 1,
        steps: 1,
        cost_usd: 0.00357,
      },
    },
    sessions: [{ id: "ses_x", parent: "ses_p", state: "idle" }],
  });
  expect(stats.total.totalTokens).toBe(1240);
});

test("two directories hear the same events, which count once", async () => {
  const stats = await played([...turn("msg_1"), ...turn("msg_2")], 2);
  expect(stats.total.totalTokens).toBe(2480);
});

test("a step of which only the end was heard counts without a model", async () => {
  const stats = await played(turn("msg_1").slice(3));
  expect(stats.total.tokensByModel).toEqual({ "unknown/unknown": 1240 });
});

test("a failed step counts what it used", async () => {
  const failed = { ...S, assistantMessageID: "msg_1", error: { type: "provider.content-filter" } };
  const stats = await played([
    ...turn("msg_1").slice(0, 2),
    event("session.step.failed", { ...failed, cost: 0.1, tokens: TOKENS }),
    event("session.step.failed", { ...failed, assistantMessageID: "msg_2" }),
  ]);
  expect(stats.octally.runs[0]?.models["fake/m1"]?.steps).toBe(1);
  expect(stats.octally.runs[0]?.models["unknown/unknown"]).toBeUndefined();
});

test("permissions and forms are waited for", () => {
  const reader = new FeedReader();
  const facts = (type: string, data: object) => reader.factsOf(event(type, { ...S, ...data }));
  expect(facts("permission.asked", { id: "per_1" })).toEqual([
    { kind: "asked", sessionId: "ses_x", requestId: "per_1", waitingFor: "permission" },
  ]);
  expect(facts("permission.replied", { requestID: "per_1", reply: "once" })).toEqual([
    { kind: "answered", sessionId: "ses_x", requestId: "per_1" },
  ]);
  expect(facts("form.created", { id: "form_1" })).toMatchObject([{ kind: "asked", waitingFor: "question" }]);
  expect(facts("form.cancelled", { id: "form_1" })).toMatchObject([
    { kind: "answered", requestId: "form_1" },
  ]);
});

test("a feed that breaks is followed again, and what it tells twice counts once", async () => {
  const dir = dataDir();
  const meter = new Meter(runOf(1, START_MS), dir, QUICK);
  const [first, second] = [turn("msg_1"), turn("msg_2")];
  let subscribed = 0;
  let tell: (() => void) | undefined;
  const hasAll = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const feed = {
    async *subscribe() {
      subscribed += 1;
      if (subscribed === 1) {
        yield* first;
        throw new Error("gone");
      }
      // The second time it ends, the third time it stays.
      yield* subscribed === 2 ? first : second;
      if (subscribed < 3) return;
      tell?.();
      await new Promise(() => {});
    },
  };
  const stop = follow(meter, feed, 1);
  await hasAll;
  await stop();
  expect(readStats(dir).total.totalTokens).toBe(2480);
  expect(meter.problems.count("event")).toBe(1);
});

test("a feed that breaks is noted and breaks nothing", async () => {
  const meter = new Meter(runOf(1, START_MS), dataDir(), QUICK);
  const feed = {
    // biome-ignore lint/correctness/useYield: a feed that fails before its first event
    async *subscribe() {
      throw new Error("gone");
    },
  };
  const stop = follow(meter, feed);
  await Bun.sleep(0);
  expect(meter.problems.count("event")).toBe(1);
  await stop();
});
