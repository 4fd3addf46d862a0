// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Decides when stats.json is written: at once after a quiet time, else at most every 250 ms (what somebody
 * waits for: every 25 ms), and again later when it could not be written. Never throws, never blocks, keeps no process alive.
 */

import { codeOf, type Problems } from "../problems";
import type { RunIdentity } from "../run";
import { Refused } from "./document";
import type { Location } from "./location";
import { type Contribution, merge } from "./merge";
import { removeAbandoned, replaceStats } from "./replace";

/** What the writer writes; taken out in one go, under the lock. */
export interface Source {
  takeContribution(): Contribution;
  /** The contribution was not written after all. */
  giveBack(contribution: Contribution): void;
}

export interface Timing {
  /** Shortest time from one write's start to the next. */
  intervalMs: number;
  /** The same for what cannot wait: a turn is over, or asks something. */
  urgentIntervalMs: number;
  /** How long a write waits for the lock. */
  lockWaitMs: number;
  /** How long an orderly end waits for the last write; OpenCode's own screen gives it 5 seconds. */
  flushWaitMs: number;
  /** Pauses after failures, one after another; then only the next change tries again. */
  retryMs: readonly number[];
}

export const TIMING: Timing = {
  intervalMs: 250,
  urgentIntervalMs: 25,
  lockWaitMs: 5_000,
  flushWaitMs: 4_500,
  retryMs: [1_000, 5_000, 15_000, 60_000],
};

export class StatsWriter {
  private isDirty = false;
  private isUrgent = false;
  private isPassive = false;
  private failures = 0;
  private hasCleanedUp = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private lastStartMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly location: Location,
    private readonly run: RunIdentity,
    private readonly source: Source,
    private readonly problems: Problems,
    private readonly timing: Timing = TIMING,
  ) {}

  /**
   * Something is to be written; returns at once.
   * @param isUrgent somebody may be waiting for it
   */
  changed(isUrgent = false): void {
    const isSooner = isUrgent && !this.isUrgent;
    this.isDirty = true;
    this.isUrgent ||= isUrgent;
    if (this.running) return;
    // A change does not wait for the pause after a failure.
    if (!this.timer || isSooner || this.failures > 0) this.schedule(this.untilNextMs());
  }

  /** What was to be written no longer is. */
  cancel(): void {
    this.isDirty = false;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Writes what is unwritten now; settles after `flushWaitMs` at the latest. */
  async flush(): Promise<void> {
    let giveUp: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      giveUp = setTimeout(resolve, this.timing.flushWaitMs);
    });
    await Promise.race([this.writeAll(), patience]);
    clearTimeout(giveUp);
  }

  private async writeAll(): Promise<void> {
    await this.running;
    if (this.isDirty) await this.start();
    // Another flush may have begun a write in between.
    else await this.running;
  }

  private schedule(delayMs: number | undefined): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isPassive || delayMs === undefined) return;
    this.timer = setTimeout(() => void this.start(), Math.max(0, delayMs));
    this.timer.unref();
  }

  private start(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isPassive) return Promise.resolve();
    this.lastStartMs = performance.now();
    this.running = this.write().finally(() => {
      this.running = undefined;
      if (this.isDirty) this.schedule(this.pauseMs());
    });
    return this.running;
  }

  private pauseMs(): number | undefined {
    return this.failures === 0 ? this.untilNextMs() : this.timing.retryMs[this.failures - 1];
  }

  private untilNextMs(): number {
    const { intervalMs, urgentIntervalMs } = this.timing;
    return this.lastStartMs + (this.isUrgent ? urgentIntervalMs : intervalMs) - performance.now();
  }

  private async write(): Promise<void> {
    this.isDirty = false;
    this.isUrgent = false;
    let taken: Contribution | undefined;
    try {
      await this.cleanUpOnce();
      const isWritten = await replaceStats(
        this.location,
        this.run,
        this.problems,
        this.timing.lockWaitMs,
        (current) => {
          taken = this.source.takeContribution();
          return merge(current, taken, Date.now());
        },
      );
      if (isWritten) this.failures = 0;
      else this.failed("lock", `another process keeps ${this.location.lock}; remove it if no OpenCode runs`);
    } catch (error) {
      if (taken) this.source.giveBack(taken);
      this.failedWith(error);
    }
  }

  private failed(kind: "lock" | "write", message: string): void {
    this.isDirty = true;
    this.failures += 1;
    this.problems.note(kind, `${message}; figures are kept and written later`);
  }

  private failedWith(error: unknown): void {
    if (!(error instanceof Refused)) {
      this.failed("write", `${this.location.stats} could not be written (${codeOf(error)})`);
      return;
    }
    this.problems.note(error.kind, error.message);
    // Our older form would destroy what a newer Octally wrote.
    this.isPassive = error.kind === "newer-format";
    this.isDirty = true;
    this.failures += 1;
  }

  private async cleanUpOnce(): Promise<void> {
    if (this.hasCleanedUp) return;
    this.hasCleanedUp = true;
    await removeAbandoned(this.location, Date.now()).catch(() => {});
  }
}
