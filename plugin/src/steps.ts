// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Counts every model call of this run once.
 *
 * Decides what is a step of ours and what is only a copy or history, keeps the run's sums, and what of
 * them is not in stats.json yet. Knows nothing of files.
 */

import type { Step } from "./fact";
import { type Tokens, totalTokens } from "./tokens";

export interface Figures extends Tokens {
  steps: number;
  costNanoUsd: number;
}

/** What stats.json's plain sections add up. */
export interface Sum {
  tokens: number;
  costNanoUsd: number;
}

/** Sums that are not in stats.json yet: local day ("2026-11-20"), then model. */
export type Unwritten = Map<string, Map<string, Sum>>;

interface Counted {
  model: string;
  day: string;
  createdMs: number;
  figures: Figures;
}

const MAX_REMEMBERED_STEPS = 4096;
const MAX_LATEST_STEPS = 32;
const MAX_MODELS = 256;
/** Where the steps of further models go, should anyone use that many in one run. */
const OTHER_MODELS = "other/other";

/** OpenCode's ids hold 36 bits of a millisecond time (its id generator, versions 0.5 to 1.18). */
const ID_TIME_RANGE_MS = 2 ** 36;

export class Steps {
  private readonly counted = new Map<string, Counted>();
  private readonly byModel = new Map<string, Figures>();
  private unwritten: Unwritten = new Map();
  /** Steps up to here may have been forgotten, so an unknown one is taken for counted. */
  private forgottenUntilMs = Number.NEGATIVE_INFINITY;

  /** @param historyUntilMs steps created before it are history of other runs, or imported */
  constructor(private historyUntilMs: number) {}

  /**
   * Counts a final step, or the difference if its figures changed since.
   * @param sessionCreatedMs when its session was created, if known
   * @returns whether any figure changed
   */
  count(step: Step, sessionCreatedMs: number | undefined, nowMs: number): boolean {
    // A clock that was set back must not turn new steps into history.
    this.historyUntilMs = Math.min(this.historyUntilMs, nowMs);
    const before = this.counted.get(step.id);
    if (!before && this.isForeign(step, sessionCreatedMs)) return false;
    const after = this.toCounted(step, before);
    if (before ? isSame(before, after) : after.figures.steps === 0) return false;
    if (before) this.add(before, -1);
    this.add(after, 1);
    this.remember(step.id, after);
    return true;
  }

  models(): ReadonlyMap<string, Readonly<Figures>> {
    return this.byModel;
  }

  /** Ids of the newest steps, newest first. */
  latest(): string[] {
    return [...this.counted.keys()].slice(-MAX_LATEST_STEPS).reverse();
  }

  /** Hands over what is to be written; `giveBack` returns it after a failure. */
  takeUnwritten(): Unwritten {
    const taken = this.unwritten;
    this.unwritten = new Map();
    return taken;
  }

  giveBack(taken: Unwritten): void {
    for (const [day, models] of taken) {
      for (const [model, sum] of models) this.addUnwritten(day, model, sum.tokens, sum.costNanoUsd);
    }
  }

  private isForeign(step: Step, sessionCreatedMs: number | undefined): boolean {
    if (step.createdMs < this.historyUntilMs || step.createdMs <= this.forgottenUntilMs) return true;
    return sessionCreatedMs === undefined ? hasIdOfCopy(step) : step.createdMs < sessionCreatedMs;
  }

  private toCounted(step: Step, before: Counted | undefined): Counted {
    const isKnown = this.byModel.has(step.model) || this.byModel.size < MAX_MODELS;
    return {
      model: isKnown ? step.model : OTHER_MODELS,
      day: before?.day ?? localDay(step.createdMs),
      createdMs: step.createdMs,
      figures: { ...step.tokens, steps: step.isCounted ? 1 : 0, costNanoUsd: step.costNanoUsd },
    };
  }

  private add({ model, day, figures }: Counted, sign: 1 | -1): void {
    const sum = this.byModel.get(model) ?? noFigures();
    for (const key of FIGURE_KEYS) sum[key] += sign * figures[key];
    this.byModel.set(model, sum);
    this.addUnwritten(day, model, sign * totalTokens(figures), sign * figures.costNanoUsd);
  }

  private addUnwritten(day: string, model: string, tokens: number, costNanoUsd: number): void {
    const models = this.unwritten.get(day) ?? new Map<string, Sum>();
    const sum = models.get(model) ?? { tokens: 0, costNanoUsd: 0 };
    models.set(model, { tokens: sum.tokens + tokens, costNanoUsd: sum.costNanoUsd + costNanoUsd });
    this.unwritten.set(day, models);
  }

  private remember(id: string, step: Counted): void {
    this.counted.set(id, step);
    if (this.counted.size <= MAX_REMEMBERED_STEPS) return;
    for (const [oldestId, oldest] of this.counted) {
      this.forgottenUntilMs = Math.max(this.forgottenUntilMs, oldest.createdMs);
      this.counted.delete(oldestId);
      return;
    }
  }
}

const FIGURE_KEYS = [
  "input",
  "output",
  "reasoning",
  "cacheRead",
  "cacheWrite",
  "steps",
  "costNanoUsd",
] as const satisfies readonly (keyof Figures)[];

function noFigures(): Figures {
  return { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0, steps: 0, costNanoUsd: 0 };
}

function isSame(a: Counted, b: Counted): boolean {
  return a.model === b.model && FIGURE_KEYS.every((key) => a.figures[key] === b.figures[key]);
}

/**
 * A fork copies messages under new ids but with the old times: the id was made after the call was over,
 * while the id of an original is made when the call starts.
 */
function hasIdOfCopy(step: Step): boolean {
  const idMs = timeInId(step.id);
  if (idMs === undefined || step.completedMs === undefined) return false;
  const idAfterStartMs = modulo(idMs - step.createdMs, ID_TIME_RANGE_MS);
  const durationMs = step.completedMs - step.createdMs;
  // An id made a millisecond before its message wraps to nearly the whole range: an original.
  return idAfterStartMs > 0 && idAfterStartMs < ID_TIME_RANGE_MS / 2 && idAfterStartMs >= durationMs;
}

/** The creation time in `msg_` + 12 hex digits of (time * 4096 + counter), modulo 2^36 ms. */
function timeInId(id: string): number | undefined {
  const digits = /^msg_([0-9a-f]{12})/.exec(id)?.[1];
  return digits === undefined ? undefined : Math.floor(Number.parseInt(digits, 16) / 4096);
}

function modulo(value: number, range: number): number {
  return ((value % range) + range) % range;
}

/** The calendar day of an instant in this machine's time zone. */
export function localDay(ms: number): string {
  const date = new Date(ms);
  const month = String(date.getMonth() + 1).padStart(2, "0");
  return `${date.getFullYear()}-${month}-${String(date.getDate()).padStart(2, "0")}`;
}
