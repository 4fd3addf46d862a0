// SPDX-License-Identifier: GPL-3.0-or-later
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { dataDir, type Line, Replay, readStats, recorded, stepsOf } from "./replay";
import { until } from "./until";

/** What the provider of the recording handed out and OpenCode stored: steps, tokens, US dollars. */
const TRUTH: Record<string, [steps: number, tokens: number, usd: number]> = {
  plain: [1, 1257, 0.0029676],
  tools: [4, 5646, 0.0139242],
  subagent: [4, 5646, 0.019362],
  compaction: [3, 197871, 0.595377],
  permission: [5, 6800, 0.02334],
  "http-400": [0, 0, 0],
  "http-500-once": [1, 1360, 0.004668],
  "no-usage": [1, 0, 0],
  killed: [0, 0, 0],
  "tui-abort": [1, 1360, 0.004668],
  "two-sessions-abort": [6, 8469, 0.013515],
  "two-directories": [4, 5646, 0.019362],
  "fork-revert-delete": [11, 18359, 0.0613803],
  "four-processes": [14, 28310, 0.096402],
};

describe("the recorded logs", () => {
  for (const [name, [steps, tokens, usd]] of Object.entries(TRUTH)) {
    test(`${name}: every call counts once`, async () => {
      const dir = dataDir();
      const replay = new Replay(dir);
      await replay.play(recorded(name));
      await replay.end();
      const stats = readStats(dir);
      expect(stats.octally.runs.reduce((sum, run) => sum + stepsOf(run), 0)).toBe(steps);
      expect(stats.total.totalTokens).toBe(tokens);
      expect(stats.total.totalCost).toBeCloseTo(usd, 9);
      expect(Object.values(stats.total.tokensByModel).reduce((a, b) => a + b, 0)).toBe(tokens);
    });
  }
});

test("events that are told twice count once", async () => {
  const dir = dataDir();
  const replay = new Replay(dir);
  await replay.play(recorded("tools").flatMap((line) => (line.event ? [line, line] : [line])));
  expect(readStats(dir).total.totalTokens).toBe(5646);
});

test("a second copy of the plugin that hears everything too changes nothing", async () => {
  const dir = dataDir();
  const replay = new Replay(dir);
  const twice = (line: Line): Line[] => [line, { ...line, instance: "copy" }];
  await replay.play(recorded("subagent").flatMap(twice));
  await replay.end();
  const stats = readStats(dir);
  expect(stats.total.totalTokens).toBe(5646);
  expect(stats.octally.runs).toHaveLength(1);
});

test("the kinds of tokens stay apart", async () => {
  const dir = dataDir();
  await new Replay(dir).play(recorded("plain"));
  expect(readStats(dir).octally.runs[0]?.models).toEqual({
    "mock/test-model": {
      input: 709,
      output: 34,
      reasoning: 12,
      cache_read: 502,
      cache_write: 0,
      steps: 1,
      cost_usd: 0.0029676,
    },
  });
});

test("a sub-agent's session names its parent", async () => {
  const dir = dataDir();
  await new Replay(dir).play(recorded("subagent"));
  const sessions = readStats(dir).octally.runs[0]?.sessions ?? [];
  expect(sessions).toHaveLength(2);
  const root = sessions.find((session) => session.parent === null);
  expect(sessions.find((session) => session !== root)?.parent).toBe(root?.id as string);
  expect(sessions.map((session) => session.state)).toEqual(["idle", "idle"]);
});

test("the version and the end of the run are told", async () => {
  const dir = dataDir();
  await new Replay(dir).play(recorded("plain"));
  const stats = readStats(dir);
  expect(stats.octally.runs[0]?.opencode).toBe("1.18.33");
  expect(stats.octally.runs[0]?.ended_ms).toBeNumber();
  expect(stats.session.isIdle).toBe(true);
  expect(stats.session.idleSince).toBe(stats.octally.runs[0]?.sessions[0]?.since_ms as number);
});

test("a session that was killed while busy is never called idle by us", async () => {
  const dir = dataDir();
  const replay = new Replay(dir);
  await replay.play(recorded("killed"));
  await written(dir);
  const stats = readStats(dir);
  expect(stats.octally.runs[0]?.ended_ms).toBeNull();
  expect(stats.octally.runs[0]?.sessions[0]?.state).toBe("busy");
  expect(stats.session.isIdle).toBe(false);
  expect(stats.session.idleSince).toBeNull();
});

test("a session waits from the question to the answer", async () => {
  const dir = dataDir();
  const replay = new Replay(dir);
  const lines = recorded("permission");
  const asked = lines.findIndex((line) => line.event?.type === "permission.asked");
  const replied = lines.findIndex((line) => line.event?.type === "permission.replied");
  await replay.play(lines.slice(0, asked + 1));
  expect(statesOf(replay)).toEqual(["waiting permission"]);
  await replay.play(lines.slice(asked + 1, replied + 1));
  expect(statesOf(replay)).toEqual(["busy null"]);
  await replay.play(lines.slice(replied + 1));
  expect(statesOf(replay)).toEqual(["idle null"]);
});

test("old messages of another run are history", async () => {
  const dir = dataDir();
  const lines = recorded("tools");
  const replay = new Replay(dir, (lines.at(-1)?.t ?? 0) + 1);
  await replay.play(lines);
  await replay.end();
  expect(readStats(dir).total.totalTokens).toBe(0);
});

test("a run that did nothing leaves no trace", async () => {
  const dir = dataDir();
  const replay = new Replay(dir);
  await replay.play(recorded("plain").filter((line) => line.hook === "init" || line.hook === "dispose"));
  await replay.end();
  expect(existsSync(join(dir, "stats.json"))).toBe(false);
});

/** What would be written now. */
function statesOf(replay: Replay): string[] {
  const [meter] = replay.meters.values();
  const contribution = meter?.takeContribution();
  if (contribution) meter?.giveBack(contribution);
  return (contribution?.entry?.sessions ?? []).map((session) => `${session.state} ${session.waiting_for}`);
}

async function written(dir: string): Promise<void> {
  await until(
    () =>
      existsSync(join(dir, "stats.json")) && readStats(dir).octally.runs[0]?.sessions[0]?.state === "busy",
  );
}
