// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Our copy of OpenCode's own price list: the very prices it bills with, for those who estimate what it
 * stored as 0. Asked for once a day and version after a turn, since making the list costs OpenCode a
 * second or two; written only when it differs.
 *
 * The layout is described in daemon/core/src/pricing/table.rs.
 */

import { mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { amount, type Fields, fields, text } from "./payload";
import { codeOf, type Problems } from "./problems";

/** Asks OpenCode for `{all: [{id, models}]}`, or for an answer that has it in `data`. */
export type AskProviders = () => Promise<unknown>;

const FRESH_MS = 24 * 60 * 60 * 1000;

/** Where the daemon looks for it. */
export function pricesPath(env: Record<string, string | undefined>): string {
  const set = env.XDG_STATE_HOME;
  const base = set && isAbsolute(set) ? set : join(homedir(), ".local", "state");
  return join(base, "octally", "prices.json");
}

export class Catalogue {
  private running = Promise.resolve();
  private dueMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly path: string,
    private readonly ask: AskProviders,
    private readonly problems: Problems,
  ) {}

  /** Has the copy brought up to date, at most once a day. Never throws. */
  refresh(version: string | null, nowMs: number): Promise<void> {
    if (nowMs < this.dueMs) return this.running;
    this.dueMs = nowMs + FRESH_MS;
    this.running = this.bringUpToDate(version, nowMs).catch((error) =>
      this.problems.note("prices", `${this.path} could not be written (${codeOf(error)})`),
    );
    return this.running;
  }

  private async bringUpToDate(version: string | null, nowMs: number): Promise<void> {
    const known = await this.known();
    const isSameVersion = version === null || known?.version === version;
    if (known && isSameVersion && nowMs - known.checkedMs < FRESH_MS) return;
    const providers = compactProviders(await this.ask());
    // An empty list is no news of prices, and must not replace one that had some.
    if (Object.keys(providers).length === 0) return;
    const isSame = JSON.stringify(known?.providers) === JSON.stringify(providers);
    if (isSame && isSameVersion) return utimes(this.path, nowMs / 1000, nowMs / 1000);
    const date = new Date(nowMs).toISOString().slice(0, 10);
    await replace(this.path, JSON.stringify({ format: 1, version, date, providers }));
  }

  private async known() {
    try {
      const checkedMs = (await stat(this.path)).mtimeMs;
      const document = fields(JSON.parse(await readFile(this.path, "utf8")));
      return { checkedMs, version: document.version, providers: document.providers };
    } catch {
      // Missing or broken: written again.
      return undefined;
    }
  }
}

type Row = (number | number[][])[];

/** `{provider: {model: [input, output, cache read, cache write, tiers?]}}`; models without a cost are left out. */
export function compactProviders(answer: unknown): Record<string, Record<string, Row>> {
  const data = fields(fields(answer).data);
  const all = Array.isArray(data.all) ? data.all : fields(answer).all;
  const providers: [string, Record<string, Row>][] = [];
  for (const provider of Array.isArray(all) ? all.map(fields) : []) {
    const id = text(provider.id);
    const models = compactModels(fields(provider.models));
    if (id && Object.keys(models).length > 0) providers.push([id, models]);
  }
  return Object.fromEntries(providers.sort(byName));
}

function compactModels(models: Fields): Record<string, Row> {
  const rows: [string, Row][] = [];
  for (const [id, model] of Object.entries(models)) {
    const row = compactCost(fields(model).cost);
    if (row) rows.push([id, row]);
  }
  return Object.fromEntries(rows.sort(byName));
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function compactCost(value: unknown): Row | undefined {
  const cost = fields(value);
  if (amount(cost.input) === undefined || amount(cost.output) === undefined) return undefined;
  const tiers = contextTiers(cost);
  return tiers.length > 0 ? [...four(cost), tiers] : four(cost);
}

/** The list is the newer spelling; older versions have one tier above 200,000 under two names. */
function contextTiers(cost: Fields): number[][] {
  const tiers: number[][] = [];
  for (const item of Array.isArray(cost.tiers) ? cost.tiers.map(fields) : []) {
    const size = amount(fields(item.tier).size);
    if (fields(item.tier).type === "context" && size !== undefined) tiers.push([size, ...four(item)]);
  }
  const older = cost.experimentalOver200K ?? cost.context_over_200k;
  if (tiers.length === 0 && older) tiers.push([200_000, ...four(fields(older))]);
  return tiers;
}

function four(cost: Fields): number[] {
  const cache = fields(cost.cache);
  const rates = [cost.input, cost.output, cache.read ?? cost.cache_read, cache.write ?? cost.cache_write];
  return rates.map((rate) => amount(rate) ?? 0);
}

async function replace(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp-${process.pid}`;
  // Left by a process of this number that was killed.
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
    await rename(temporary, path);
  } finally {
    await file.close();
    await rm(temporary, { force: true });
  }
}
