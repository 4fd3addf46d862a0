// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One run as it stands in stats.json: the only place that knows that file's spelling of our words.
 *
 * The shapes are those of daemon/core/src/source/stats_file/README.md; change both or neither.
 */

import type { RunIdentity } from "../run";
import type { Session } from "../sessions";
import type { Figures } from "../steps";

export interface ModelEntry {
  input: number;
  output: number;
  reasoning: number;
  cache_read: number;
  cache_write: number;
  steps: number;
  cost_usd: number;
}

export interface SessionEntry {
  id: string;
  parent: string | null;
  state: "busy" | "waiting" | "idle";
  waiting_for: "permission" | "question" | null;
  since_ms: number;
  last_activity_ms: number;
}

export interface RunEntry {
  id: string;
  pid: number;
  pid_start_ticks: number | null;
  pid_namespace: string | null;
  boot_id: string | null;
  opencode: string | null;
  started_ms: number;
  last_activity_ms: number;
  ended_ms: number | null;
  models: Record<string, ModelEntry>;
  sessions: SessionEntry[];
  latest_steps: string[];
}

/** What changes of a run while it lives. */
export interface RunProgress {
  hostVersion: string | null;
  lastActivityMs: number;
  endedMs: number | null;
  models: ReadonlyMap<string, Readonly<Figures>>;
  sessions: Session[];
  latestSteps: string[];
}

export function toUsd(nanoUsd: number): number {
  return nanoUsd / 1e9;
}

export function toNanoUsd(usd: number): number {
  return Math.round(usd * 1e9);
}

export function runEntry(run: RunIdentity, progress: RunProgress): RunEntry {
  return {
    id: run.id,
    pid: run.pid,
    pid_start_ticks: run.pidStartTicks,
    pid_namespace: run.pidNamespace,
    boot_id: run.bootId,
    opencode: progress.hostVersion,
    started_ms: run.startedMs,
    last_activity_ms: progress.lastActivityMs,
    ended_ms: progress.endedMs,
    models: Object.fromEntries([...progress.models].map(([model, figures]) => [model, modelEntry(figures)])),
    sessions: progress.sessions.map(sessionEntry),
    latest_steps: progress.latestSteps,
  };
}

function modelEntry(figures: Figures): ModelEntry {
  return {
    input: figures.input,
    output: figures.output,
    reasoning: figures.reasoning,
    cache_read: figures.cacheRead,
    cache_write: figures.cacheWrite,
    steps: figures.steps,
    cost_usd: toUsd(figures.costNanoUsd),
  };
}

function sessionEntry(session: Session): SessionEntry {
  const [oldestRequest] = session.requests.values();
  return {
    id: session.id,
    parent: session.parentId ?? null,
    state: session.state,
    waiting_for: oldestRequest ?? null,
    since_ms: session.sinceMs,
    last_activity_ms: session.lastActivityMs,
  };
}
