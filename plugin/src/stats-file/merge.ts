// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Puts this run's figures into what stats.json holds now. Pure: no file, no clock.
 *
 * Our own run's entry is replaced whole. Of `daily` and `total`, which all runs add up, only what this
 * run has not written yet is added. Whatever else is in the file stays as it is.
 */

import { version } from "../../package.json";
import { amount, type Fields, fields } from "../payload";
import { localDay, type Sum, type Unwritten } from "../steps";
import { type RunEntry, toNanoUsd, toUsd } from "./entry";

/** The number in `octally.format`; files with a larger one are not ours to write. */
export const FORMAT = 1;

const MAX_RUNS = 32;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface Contribution {
  runId: string;
  bootId: string | null;
  /** `null` takes the run out again: it ended and did nothing. */
  entry: RunEntry | null;
  unwritten: Unwritten;
}

/** @param current the parsed file, an empty object for a new one */
export function merge(current: Fields, own: Contribution, nowMs: number): Fields {
  const octally = fields(current.octally);
  const runs = mergeRuns(octally.runs, own, nowMs);
  return {
    ...current,
    session: sessionSection(current.session, runs[0]),
    daily: dailySection(current.daily, own.unwritten, localDay(nowMs), localDay(nowMs + DAY_MS)),
    total: totalSection(current.total, own.unwritten, nowMs),
    octally: { ...octally, format: FORMAT, plugin: version, runs },
  };
}

/** Takes runs out, the most dispensable first, one after another, while the text is too long. */
export function serialize(document: Fields, maxBytes: number): string {
  const octally = fields(document.octally);
  let runs = octally.runs as Fields[];
  for (;;) {
    const text = `${JSON.stringify({ ...document, octally: { ...octally, runs } })}\n`;
    if (runs.length <= 1 || Buffer.byteLength(text) <= maxBytes) return text;
    runs = withoutOne(runs);
  }
}

/** Of the runs that are over the one that was active longest ago goes; only where all live, the last of them. */
function withoutOne(runs: Fields[]): Fields[] {
  const lastOver = runs.findLastIndex((run) => amount(run.ended_ms) !== undefined);
  return runs.toSpliced(lastOver > 0 ? lastOver : -1, 1);
}

function mergeRuns(stored: unknown, own: Contribution, nowMs: number): Fields[] {
  const others = (Array.isArray(stored) ? stored : [])
    .map(fields)
    .filter((run) => typeof run.id === "string" && run.id !== own.runId)
    .filter((run) => !isLongOver(run, own.bootId, nowMs));
  const runs = own.entry ? [{ ...own.entry } as Fields, ...others] : others;
  // The sort is stable, so of equal times our own stays first.
  let kept = runs.sort((a, b) => lastActivityMs(b) - lastActivityMs(a));
  while (kept.length > MAX_RUNS) kept = withoutOne(kept);
  return kept;
}

/** A run ended more than a day ago; one of an earlier boot ended with its last activity at the latest. */
function isLongOver(run: Fields, bootId: string | null, nowMs: number): boolean {
  const isOfEarlierBoot = bootId !== null && typeof run.boot_id === "string" && run.boot_id !== bootId;
  const endedMs = amount(run.ended_ms) ?? (isOfEarlierBoot ? lastActivityMs(run) : undefined);
  return endedMs !== undefined && nowMs - endedMs > DAY_MS;
}

function lastActivityMs(run: Fields): number {
  return amount(run.last_activity_ms) ?? 0;
}

function sessionSection(stored: unknown, run: Fields | undefined): Fields {
  // Only a run that did nothing takes the last entry out, so nothing is left to change.
  if (!run) return fields(stored);
  const models = new Map(Object.entries(fields(run.models)).map(([model, entry]) => [model, sumOf(entry)]));
  const idleSince = idleSinceMs(run);
  return {
    ...fields(stored),
    ...addSums({}, models),
    startTime: amount(run.started_ms) ?? 0,
    lastActivity: lastActivityMs(run),
    isIdle: idleSince !== null,
    idleSince,
  };
}

function sumOf(modelEntry: unknown): Sum {
  const entry = fields(modelEntry);
  const kinds = [entry.input, entry.output, entry.reasoning, entry.cache_read, entry.cache_write];
  const tokens = kinds.reduce((sum: number, kind) => sum + (amount(kind) ?? 0), 0);
  return { tokens, costNanoUsd: toNanoUsd(amount(entry.cost_usd) ?? 0) };
}

/** `null` while any session of the run is busy or waits. */
function idleSinceMs(run: Fields): number | null {
  const sessions = (Array.isArray(run.sessions) ? run.sessions : []).map(fields);
  if (sessions.some((session) => session.state !== "idle")) return null;
  const since = sessions.map((session) => amount(session.since_ms) ?? 0);
  return Math.max(amount(run.started_ms) ?? 0, ...since);
}

/**
 * Starts again at local midnight. A file that is one day ahead of us was written in a time zone further
 * east and is left alone; further ahead, some clock was wrong.
 */
function dailySection(stored: unknown, unwritten: Unwritten, today: string, tomorrow: string): Fields {
  const daily = fields(stored);
  const isAhead = daily.date === tomorrow;
  const date = isAhead ? tomorrow : today;
  const base = daily.date === date ? daily : { ...daily, ...NOTHING };
  return { ...addSums(base, unwritten.get(date) ?? new Map()), date };
}

const NOTHING = { totalTokens: 0, tokensByModel: {}, totalCost: 0, costsByModel: {} };

function totalSection(stored: unknown, unwritten: Unwritten, nowMs: number): Fields {
  const total = fields(stored);
  let sums = addSums(total, new Map());
  for (const models of unwritten.values()) sums = addSums(sums, models);
  return { ...sums, installDate: amount(total.installDate) ?? nowMs };
}

/** A section with some models' sums added to its four figures; what it lacks counts from 0. */
function addSums(section: Fields, models: ReadonlyMap<string, Sum>): Fields {
  let tokens = amount(section.totalTokens) ?? 0;
  let nanoUsd = toNanoUsd(amount(section.totalCost) ?? 0);
  const tokensByModel = { ...fields(section.tokensByModel) };
  const costsByModel = { ...fields(section.costsByModel) };
  for (const [model, sum] of models) {
    tokens += sum.tokens;
    nanoUsd += sum.costNanoUsd;
    tokensByModel[model] = atLeastZero((amount(tokensByModel[model]) ?? 0) + sum.tokens);
    costsByModel[model] = toUsd(atLeastZero(toNanoUsd(amount(costsByModel[model]) ?? 0) + sum.costNanoUsd));
  }
  return {
    ...section,
    totalTokens: atLeastZero(tokens),
    tokensByModel,
    totalCost: toUsd(atLeastZero(nanoUsd)),
    costsByModel,
  };
}

/** A correction may take away more than a file holds that began anew in between. */
function atLeastZero(value: number): number {
  return Math.max(0, value);
}
