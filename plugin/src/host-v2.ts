// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * OpenCode 2.x: its event feed, as facts. The only place that knows its spelling.
 *
 * Source: the types that @opencode/client 2.0.21 publishes. A step's end does not name its model, so it
 * is joined with the step's start. Title and compaction calls do not come with a model and an id, and
 * are left to those who read the database.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Fact, Step, WaitingFor } from "./fact";
import type { Meter } from "./meter";
import { amount, type Fields, fields, text } from "./payload";
import { shared } from "./shared";
import { toNanoUsd } from "./stats-file/entry";
import { disjointTokens, totalTokens } from "./tokens";

interface EventFeed {
  subscribe(options: { signal: AbortSignal }): AsyncIterable<unknown>;
}

/** Called by OpenCode 2.x once per directory; and by 1.18, whose context has no events. */
export async function setup(context: unknown): Promise<(() => Promise<void>) | undefined> {
  try {
    const feed = fields(context).event as Partial<EventFeed> | undefined;
    if (typeof feed?.subscribe !== "function") return undefined;
    const process = shared();
    process.host ??= "2.x";
    return process.host === "2.x" ? follow(process.meter, feed as EventFeed) : undefined;
  } catch {
    return undefined;
  }
}

/** How long it waits before it follows a feed again that broke. */
const PAUSE_MS = 5_000;

/** Follows the feed until the returned function is called, also when it breaks in between: sessions would stay busy. */
export function follow(meter: Meter, feed: EventFeed, pauseMs = PAUSE_MS): () => Promise<void> {
  const abort = new AbortController();
  meter.attach();
  void keepReading(meter, feed, abort.signal, pauseMs);
  return async () => {
    if (abort.signal.aborted) return;
    abort.abort();
    await meter.detach();
  };
}

async function keepReading(
  meter: Meter,
  feed: EventFeed,
  signal: AbortSignal,
  pauseMs: number,
): Promise<void> {
  const reader = new FeedReader();
  while (!signal.aborted) {
    await read(meter, feed, signal, reader);
    // Ends at once, with an error, when it is to stop.
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function read(meter: Meter, feed: EventFeed, signal: AbortSignal, reader: FeedReader): Promise<void> {
  try {
    for await (const item of feed.subscribe({ signal })) {
      if (signal.aborted) return;
      const event = fields(item);
      meter.apply(reader.factsOf(event), text(event.id));
    }
  } catch (error) {
    if (!signal.aborted) meter.noteEventProblem(error);
  }
}

interface StepStart {
  model: string;
  startedMs: number;
}

const MAX_OPEN_STEPS = 1024;

export class FeedReader {
  /** Steps that began and have not been pushed out by newer ones; oldest first. */
  private readonly starts = new Map<string, StepStart>();

  /** What one event says; nothing for the many that do not concern us. */
  factsOf(event: Fields): Fact[] {
    const data = fields(event.data);
    const createdMs = amount(event.created);
    switch (event.type) {
      case "session.created":
        return sessionFacts(data, createdMs);
      case "session.deleted":
        return inSession(data, (id) => ({ kind: "session-deleted", id }));
      case "session.execution.started":
        return inSession(data, (sessionId) => ({ kind: "busy", sessionId }));
      case "session.execution.succeeded":
      case "session.execution.failed":
      case "session.execution.interrupted":
        return inSession(data, (sessionId) => ({ kind: "idle", sessionId }));
      case "session.step.started":
        return this.noteStart(data, createdMs);
      case "session.step.ended":
      case "session.step.failed":
        return this.stepFacts(data, createdMs);
      case "permission.asked":
        return askedFacts(data, "permission");
      case "form.created":
        return askedFacts(data, "question");
      case "permission.replied":
      case "form.replied":
      case "form.cancelled":
        return answeredFacts(data);
      default:
        return [];
    }
  }

  private noteStart(data: Fields, createdMs: number | undefined): Fact[] {
    const id = text(data.assistantMessageID);
    const startedMs = amount(data.started) ?? createdMs;
    if (!id || startedMs === undefined) return [];
    this.starts.delete(id);
    this.starts.set(id, { model: modelName(data.model), startedMs });
    const oldest = this.starts.keys().next();
    if (this.starts.size > MAX_OPEN_STEPS && !oldest.done) this.starts.delete(oldest.value);
    return inSession(data, (sessionId) => ({ kind: "busy", sessionId }));
  }

  /** A step that began before we listened has no known model; its figures count all the same. */
  private stepFacts(data: Fields, endedMs: number | undefined): Fact[] {
    const id = text(data.assistantMessageID);
    const sessionId = text(data.sessionID);
    const start = id ? this.starts.get(id) : undefined;
    const createdMs = start?.startedMs ?? endedMs;
    if (!id || !sessionId || createdMs === undefined) return [];
    const tokens = disjointTokens(data.tokens);
    const step: Step = {
      id,
      sessionId,
      model: start?.model ?? modelName(undefined),
      createdMs,
      completedMs: endedMs,
      tokens,
      costNanoUsd: toNanoUsd(amount(data.cost) ?? 0),
      isCounted: totalTokens(tokens) > 0 || (text(data.finish) !== undefined && !data.error),
    };
    return [{ kind: "step", step }];
  }
}

function modelName(model: unknown): string {
  return `${text(fields(model).providerID) ?? "unknown"}/${text(fields(model).id) ?? "unknown"}`;
}

function inSession(data: Fields, fact: (sessionId: string) => Fact): Fact[] {
  const sessionId = text(data.sessionID);
  return sessionId ? [fact(sessionId)] : [];
}

function sessionFacts(data: Fields, createdMs: number | undefined): Fact[] {
  const id = text(data.sessionID);
  if (!id) return [];
  const version = text(data.version);
  const session: Fact = { kind: "session", id, parentId: text(data.parentID), createdMs };
  return version ? [session, { kind: "host-version", version }] : [session];
}

function askedFacts(data: Fields, waitingFor: WaitingFor): Fact[] {
  const requestId = text(data.id);
  if (!requestId) return [];
  return inSession(data, (sessionId) => ({ kind: "asked", sessionId, requestId, waitingFor }));
}

function answeredFacts(data: Fields): Fact[] {
  const requestId = text(data.requestID) ?? text(data.formID) ?? text(data.id);
  if (!requestId) return [];
  return inSession(data, (sessionId) => ({ kind: "answered", sessionId, requestId }));
}
