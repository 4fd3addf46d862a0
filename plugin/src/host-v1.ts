// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * OpenCode 1.x: its hooks and events, as facts. The only place that knows their spelling.
 *
 * Source: the events that 1.18.33 sends (tests/fixtures/events). `chat.message` carries the user's
 * message and so only tells that a turn begins; tokens come with `message.updated`.
 */

import { Catalogue, pricesPath } from "./catalogue";
import type { Fact, Step, WaitingFor } from "./fact";
import type { Meter } from "./meter";
import { amount, type Fields, fields, text } from "./payload";
import { shared } from "./shared";
import { toNanoUsd } from "./stats-file/entry";
import { tokensOfMessage, totalTokens } from "./tokens";

export interface Hooks {
  event?: (input: unknown) => Promise<void>;
  "chat.message"?: (input: unknown) => Promise<void>;
  dispose?: () => Promise<void>;
}

/** Called by OpenCode 1.x, once per directory and again after each change of its configuration. */
export async function server(input: unknown): Promise<Hooks> {
  try {
    const state = shared();
    state.host ??= "1.x";
    if (state.host !== "1.x") return {};
    listenWith(state.meter, input);
    state.catalogue ??= catalogueOf(state.meter, input);
    return hooksOf(state.meter, state.catalogue);
  } catch {
    return {};
  }
}

/** The hooks for one plugin instance. */
export function hooksOf(meter: Meter, catalogue?: Catalogue): Hooks {
  meter.attach();
  let isAttached = true;
  return {
    // Async functions only by type: there is nothing to wait for, and nothing may be thrown.
    event: async (input) => applyEvent(meter, catalogue, input),
    "chat.message": async (input) => applyTurnStart(meter, input),
    dispose: async () => {
      if (!isAttached) return;
      isAttached = false;
      await meter.detach();
    },
  };
}

function applyEvent(meter: Meter, catalogue: Catalogue | undefined, input: unknown): void {
  try {
    const event = fields(fields(input).event);
    meter.apply(factsOf(event), text(event.id));
    // Only now: no turn waits for it. Runs in the background and never throws.
    if (event.type === "session.idle") void catalogue?.refresh(meter.version(), Date.now());
  } catch (error) {
    meter.noteEventProblem(error);
  }
}

function applyTurnStart(meter: Meter, input: unknown): void {
  try {
    const sessionId = text(fields(input).sessionID);
    if (sessionId) meter.apply([{ kind: "busy", sessionId }]);
  } catch (error) {
    meter.noteEventProblem(error);
  }
}

/** What one event says; nothing for the many that do not concern us. */
export function factsOf(event: Fields): Fact[] {
  const properties = () => fields(event.properties);
  switch (event.type) {
    case "session.created":
      return [...sessionFacts(properties()), ...versionFacts(properties())];
    case "session.updated":
      return sessionFacts(properties());
    case "session.deleted":
      return deletedFacts(properties());
    case "session.status":
      return statusFacts(properties());
    case "session.idle":
      return inSession(properties(), (sessionId) => ({ kind: "idle", sessionId }));
    case "message.updated":
      return stepFacts(fields(properties().info));
    case "permission.asked":
      return askedFacts(properties(), "permission");
    case "question.asked":
      return askedFacts(properties(), "question");
    case "permission.replied":
    case "question.replied":
    case "question.rejected":
      return answeredFacts(properties());
    default:
      // Not session.error: OpenCode may go on after one, and says idle by itself when it does not.
      // Not message.removed: what was removed has been paid for.
      return [];
  }
}

function inSession(properties: Fields, fact: (sessionId: string) => Fact): Fact[] {
  const sessionId = text(properties.sessionID);
  return sessionId ? [fact(sessionId)] : [];
}

function sessionFacts(properties: Fields): Fact[] {
  const info = fields(properties.info);
  const id = text(info.id);
  if (!id) return [];
  return [
    { kind: "session", id, parentId: text(info.parentID), createdMs: amount(fields(info.time).created) },
  ];
}

/** A session carries the version that created it: the running one, when it is new. */
function versionFacts(properties: Fields): Fact[] {
  const version = text(fields(properties.info).version);
  return version ? [{ kind: "host-version", version }] : [];
}

function deletedFacts(properties: Fields): Fact[] {
  const id = text(fields(properties.info).id) ?? text(properties.sessionID);
  return id ? [{ kind: "session-deleted", id }] : [];
}

/** `busy`, `retry` (a failed call is tried again) or `idle`. */
function statusFacts(properties: Fields): Fact[] {
  const kind = fields(properties.status).type === "idle" ? "idle" : "busy";
  return inSession(properties, (sessionId) => ({ kind, sessionId }));
}

function askedFacts(properties: Fields, waitingFor: WaitingFor): Fact[] {
  const requestId = text(properties.id);
  if (!requestId) return [];
  return inSession(properties, (sessionId) => ({ kind: "asked", sessionId, requestId, waitingFor }));
}

function answeredFacts(properties: Fields): Fact[] {
  const requestId = text(properties.requestID);
  if (!requestId) return [];
  return inSession(properties, (sessionId) => ({ kind: "answered", sessionId, requestId }));
}

function stepFacts(info: Fields): Fact[] {
  const step = info.role === "assistant" ? finalStep(info) : undefined;
  return step ? [{ kind: "step", step }] : [];
}

/** An assistant message is final when it has tokens and either a finish or an end. */
function finalStep(info: Fields): Step | undefined {
  const id = text(info.id);
  const sessionId = text(info.sessionID);
  const time = fields(info.time);
  const createdMs = amount(time.created);
  const completedMs = amount(time.completed);
  const isFinal = text(info.finish) !== undefined || completedMs !== undefined;
  if (!id || !sessionId || createdMs === undefined || !isFinal) return undefined;
  const tokens = tokensOfMessage(info.tokens);
  const hasFinished = text(info.finish) !== undefined && !info.error;
  return {
    id,
    sessionId,
    model: `${text(info.providerID) ?? "unknown"}/${text(info.modelID) ?? "unknown"}`,
    createdMs,
    completedMs,
    tokens,
    costNanoUsd: toNanoUsd(amount(info.cost) ?? 0),
    isCounted: totalTokens(tokens) > 0 || hasFinished,
  };
}

/** OpenCode's own price list, asked in this process: no network, no key. */
function catalogueOf(meter: Meter, input: unknown): Catalogue | undefined {
  try {
    const provider = fields(fields(fields(input).client).provider) as { list?: () => Promise<unknown> };
    if (typeof provider.list !== "function") return undefined;
    return new Catalogue(pricesPath(process.env), async () => provider.list?.(), meter.problems);
  } catch (error) {
    meter.noteEventProblem(error);
    return undefined;
  }
}

/** Problems go to OpenCode's own log, in which the user would look for them. */
function listenWith(meter: Meter, input: unknown): void {
  try {
    const app = fields(fields(fields(input).client).app) as { log?: (request: unknown) => unknown };
    if (typeof app.log !== "function") return;
    meter.problems.setListener((message) =>
      app.log?.({ body: { service: "octally", level: "warn", message } }),
    );
  } catch (error) {
    meter.noteEventProblem(error);
  }
}
