// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Plays recorded event logs of the real OpenCode 1.18.33 into meters, one per recorded process.
 *
 * The logs in fixtures/events are cut down to the fields that tell of usage and state.
 */

import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Hooks, hooksOf } from "../src/host-v1";
import { Meter } from "../src/meter";
import type { RunIdentity } from "../src/run";
import type { RunEntry } from "../src/stats-file/entry";
import type { Timing } from "../src/stats-file/writer";

export interface Line {
  t: number;
  pid: number;
  instance: string;
  hook?: "init" | "dispose" | "chat.message";
  input?: unknown;
  event?: { id: string; type: string; properties: Record<string, unknown> };
}

export interface StatsJson {
  session: Section & {
    startTime: number;
    lastActivity: number;
    isIdle: boolean;
    idleSince: number | null;
  };
  daily: Section & { date: string };
  total: Section & { installDate: number };
  octally: { format: number; plugin: string; runs: RunEntry[] };
}

interface Section {
  totalTokens: number;
  tokensByModel: Record<string, number>;
  totalCost: number;
  costsByModel: Record<string, number>;
}

/** Quick enough for tests, with the same meaning. */
export const QUICK: Timing = {
  urgentIntervalMs: 2,
  intervalMs: 5,
  lockWaitMs: 3_000,
  flushWaitMs: 5_000,
  retryMs: [20, 20, 20],
};

export function dataDir(): string {
  return mkdtempSync(join(tmpdir(), "octally-plugin-"));
}

export function recorded(name: string): Line[] {
  const text = readFileSync(join(import.meta.dir, "fixtures", "events", `${name}.jsonl`), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

export function runOf(pid: number, startedMs: number): RunIdentity {
  return {
    id: `${pid}-run`,
    pid,
    pidStartTicks: null,
    pidNamespace: null,
    bootId: null,
    startedMs,
  };
}

/** The recorded processes, each with its own meter, all writing into `dir`. */
export class Replay {
  readonly meters = new Map<number, Meter>();
  private readonly hooks = new Map<string, Hooks>();

  constructor(
    private readonly dir: string,
    private readonly startedMs?: number,
  ) {}

  async play(lines: readonly Line[]): Promise<void> {
    for (const line of lines) await this.playOne(line);
  }

  /** Ends every process that did not end by itself in the log. */
  async end(): Promise<void> {
    await Promise.all([...this.hooks.values()].map((hooks) => hooks.dispose?.()));
  }

  private async playOne(line: Line): Promise<void> {
    const key = `${line.pid}/${line.instance}`;
    if (line.hook === "init") this.hooks.set(key, hooksOf(this.meterOf(line)));
    else if (line.hook === "dispose") await this.hooks.get(key)?.dispose?.();
    else if (line.hook === "chat.message") await this.hooks.get(key)?.["chat.message"]?.(line.input);
    else await this.hooks.get(key)?.event?.({ event: line.event });
  }

  private meterOf(line: Line): Meter {
    const meter =
      this.meters.get(line.pid) ?? new Meter(runOf(line.pid, this.startedMs ?? line.t), this.dir, QUICK);
    this.meters.set(line.pid, meter);
    return meter;
  }
}

export function readStats(dir: string): StatsJson {
  return JSON.parse(readFileSync(join(dir, "stats.json"), "utf8")) as StatsJson;
}

export function stepsOf(run: RunEntry | undefined): number {
  return Object.values(run?.models ?? {}).reduce((sum, model) => sum + model.steps, 0);
}
