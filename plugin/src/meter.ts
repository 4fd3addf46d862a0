// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The one meter of an OpenCode process: takes facts, keeps the run's figures and states, and has them
 * written. Whatever happens in here, the host never notices.
 */

import type { Activity, Fact, Step } from "./fact";
import { codeOf, Problems } from "./problems";
import { RecentIds } from "./recent-ids";
import type { RunIdentity } from "./run";
import { Sessions } from "./sessions";
import { runEntry } from "./stats-file/entry";
import { type Location, locationIn } from "./stats-file/location";
import type { Contribution } from "./stats-file/merge";
import { type Source, StatsWriter, TIMING, type Timing } from "./stats-file/writer";
import { Steps } from "./steps";

/** A run is shown this long after its start; commands that are over sooner leave no trace. */
const ANNOUNCE_MS = 500;
/** OpenCode loads plugins once more shortly before it exits; a longer life means that it goes on. */
const REOPEN_MS = 2_000;

export class Meter implements Source {
  readonly problems = new Problems();
  private readonly sessions = new Sessions();
  private readonly steps: Steps;
  private readonly writer: StatsWriter;
  private readonly seenEvents = new RecentIds();
  private hosts = 0;
  private hostVersion: string | null = null;
  private lastActivityMs: number;
  private endedMs: number | null = null;
  private wasUsed = false;
  private wasHandedOut = false;
  private announcement: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly run: RunIdentity,
    dataDir: string,
    timing: Timing = TIMING,
  ) {
    const location: Location = locationIn(dataDir);
    this.steps = new Steps(run.startedMs);
    this.lastActivityMs = run.startedMs;
    this.writer = new StatsWriter(location, run, this, this.problems, timing);
  }

  /** A plugin instance starts; OpenCode may have several in one process. */
  attach(): void {
    this.hosts += 1;
    clearTimeout(this.announcement);
    this.announcement = setTimeout(() => this.announce(), this.endedMs === null ? ANNOUNCE_MS : REOPEN_MS);
    this.announcement.unref();
  }

  /** A plugin instance ends. With the last one the run ends, and the file is up to date on return. */
  async detach(): Promise<void> {
    this.hosts = Math.max(0, this.hosts - 1);
    if (this.hosts > 0) return this.writer.flush();
    clearTimeout(this.announcement);
    this.endedMs = Date.now();
    this.sessions.endAll(this.endedMs);
    if (!this.wasUsed && !this.wasHandedOut) return this.writer.cancel();
    this.writer.changed();
    await this.writer.flush();
  }

  /**
   * Takes what one event says. Never throws.
   * @param eventId told twice (two copies of the plugin, two instances), it counts once
   */
  apply(facts: readonly Fact[], eventId?: string): void {
    try {
      if (facts.length === 0 || this.isRepeated(eventId)) return;
      const nowMs = Date.now();
      for (const fact of facts) {
        if (this.applyOne(fact, nowMs)) this.writer.changed(fact.kind === "idle" || fact.kind === "asked");
      }
    } catch (error) {
      this.noteEventProblem(error);
    }
  }

  /** OpenCode's version, as far as a new session has told it. */
  version(): string | null {
    return this.hostVersion;
  }

  noteEventProblem(error: unknown): void {
    this.problems.note("event", `an event of OpenCode could not be read (${codeOf(error)})`);
  }

  takeContribution(): Contribution {
    this.wasHandedOut = true;
    const isEmpty = this.endedMs !== null && !this.wasUsed;
    return {
      runId: this.run.id,
      bootId: this.run.bootId,
      entry: isEmpty ? null : runEntry(this.run, this.progress()),
      unwritten: this.steps.takeUnwritten(),
    };
  }

  giveBack(contribution: Contribution): void {
    this.steps.giveBack(contribution.unwritten);
  }

  private progress() {
    return {
      hostVersion: this.hostVersion,
      lastActivityMs: this.lastActivityMs,
      endedMs: this.endedMs,
      models: this.steps.models(),
      sessions: this.sessions.active(),
      latestSteps: this.steps.latest(),
    };
  }

  private announce(): void {
    this.endedMs = null;
    this.writer.changed();
  }

  /** @returns whether anything changed that stats.json shows */
  private applyOne(fact: Fact, nowMs: number): boolean {
    switch (fact.kind) {
      case "session":
        return this.sessions.learn(fact.id, fact.parentId, fact.createdMs, nowMs);
      case "session-deleted":
        return this.sessions.delete(fact.id);
      case "host-version":
        this.hostVersion = fact.version;
        return false;
      default:
        return this.applyActivity(fact, nowMs);
    }
  }

  private applyActivity(activity: Activity, nowMs: number): boolean {
    const hasChanged = this.change(activity, nowMs);
    if (hasChanged) {
      this.wasUsed = true;
      this.endedMs = null;
      this.lastActivityMs = nowMs;
    }
    return hasChanged;
  }

  private change(activity: Activity, nowMs: number): boolean {
    switch (activity.kind) {
      case "busy":
        return this.sessions.busy(activity.sessionId, nowMs);
      case "idle":
        return this.sessions.idle(activity.sessionId, nowMs);
      case "asked":
        return this.sessions.asked(activity.sessionId, activity.requestId, activity.waitingFor, nowMs);
      case "answered":
        return this.sessions.answered(activity.sessionId, activity.requestId, nowMs);
      case "step":
        return this.countStep(activity.step, nowMs);
    }
  }

  private countStep(step: Step, nowMs: number): boolean {
    const createdMs = this.sessions.get(step.sessionId)?.createdMs;
    const hasChanged = this.steps.count(step, createdMs, nowMs);
    if (hasChanged) this.sessions.activate(step.sessionId, nowMs);
    return hasChanged;
  }

  private isRepeated(eventId: string | undefined): boolean {
    return eventId !== undefined && !this.seenEvents.add(eventId);
  }
}
