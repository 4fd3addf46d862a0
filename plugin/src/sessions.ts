// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The state of each session: busy, waiting for a permission or a question, or idle.
 *
 * Knows nothing of tokens. Bounded: the least recently active sessions go first.
 */

import type { WaitingFor } from "./fact";

export type State = "busy" | "waiting" | "idle";

export interface Session {
  readonly id: string;
  parentId: string | undefined;
  createdMs: number | undefined;
  state: State;
  sinceMs: number;
  lastActivityMs: number;
  /** Requests without an answer, oldest first. */
  readonly requests: Map<string, WaitingFor>;
  /** Whether this process did anything in it; it merely knows of the others. */
  wasActive: boolean;
}

const MAX_SESSIONS = 512;
const MAX_REQUESTS = 64;

export class Sessions {
  /** Least recently touched first. */
  private readonly byId = new Map<string, Session>();

  /** The sessions that this process worked on, newest activity first. */
  active(): Session[] {
    return [...this.byId.values()]
      .filter((session) => session.wasActive)
      .sort((a, b) => b.lastActivityMs - a.lastActivityMs);
  }

  get(id: string): Session | undefined {
    return this.byId.get(id);
  }

  /** Notes what OpenCode says of a session; returns whether a shown figure changed. */
  learn(id: string, parentId: string | undefined, createdMs: number | undefined, nowMs: number): boolean {
    const session = this.touch(id, nowMs);
    const isNews = session.wasActive && parentId !== undefined && parentId !== session.parentId;
    session.parentId = parentId ?? session.parentId;
    session.createdMs = createdMs ?? session.createdMs;
    return isNews;
  }

  delete(id: string): boolean {
    const wasShown = this.byId.get(id)?.wasActive ?? false;
    this.byId.delete(id);
    return wasShown;
  }

  /** A turn runs. A session that waits for an answer goes on waiting. */
  busy(id: string, nowMs: number): boolean {
    const session = this.activate(id, nowMs);
    return this.enter(session, session.requests.size > 0 ? "waiting" : "busy", nowMs);
  }

  /** A turn is over, and with it all that it asked. */
  idle(id: string, nowMs: number): boolean {
    if (!this.byId.get(id)?.wasActive) return false;
    const session = this.activate(id, nowMs);
    session.requests.clear();
    return this.enter(session, "idle", nowMs);
  }

  asked(id: string, requestId: string, waitingFor: WaitingFor, nowMs: number): boolean {
    const session = this.activate(id, nowMs);
    if (session.requests.size < MAX_REQUESTS) session.requests.set(requestId, waitingFor);
    return this.enter(session, "waiting", nowMs);
  }

  answered(id: string, requestId: string, nowMs: number): boolean {
    const session = this.byId.get(id);
    if (!session?.requests.delete(requestId)) return false;
    this.activate(id, nowMs);
    return session.requests.size === 0 && this.enter(session, "busy", nowMs);
  }

  /** Marks activity without a change of state, as a finished step does. */
  activate(id: string, nowMs: number): Session {
    const session = this.touch(id, nowMs);
    session.wasActive = true;
    session.lastActivityMs = nowMs;
    return session;
  }

  /** When OpenCode ends, nothing is busy any more. */
  endAll(nowMs: number): void {
    for (const session of this.byId.values()) {
      session.requests.clear();
      this.enter(session, "idle", nowMs);
    }
  }

  private enter(session: Session, state: State, nowMs: number): boolean {
    if (session.state === state) return false;
    session.state = state;
    session.sinceMs = nowMs;
    return true;
  }

  private touch(id: string, nowMs: number): Session {
    const session = this.byId.get(id) ?? newSession(id, nowMs);
    this.byId.delete(id);
    this.byId.set(id, session);
    if (this.byId.size > MAX_SESSIONS) this.evict();
    return session;
  }

  private evict(): void {
    const others = [...this.byId.values()].slice(0, -1);
    const victim = others.find((session) => session.state === "idle") ?? others[0];
    if (victim) this.byId.delete(victim.id);
  }
}

function newSession(id: string, nowMs: number): Session {
  return {
    id,
    parentId: undefined,
    createdMs: undefined,
    state: "idle",
    sinceMs: nowMs,
    lastActivityMs: nowMs,
    requests: new Map(),
    wasActive: false,
  };
}
