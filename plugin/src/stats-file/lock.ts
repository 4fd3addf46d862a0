// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The lock file that keeps several OpenCode processes from writing stats.json at once.
 *
 * Created exclusively, so the holder is whoever created it. A holder that was killed leaves it behind;
 * it is then broken by at most one process at a time, which holds `stats.json.lock.break` meanwhile. The
 * lock names the holder's temporary file, and breaking removes that file first: a holder that was only
 * stopped for long and wakes up again finds its rename failing, and cannot undo what others wrote.
 */

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { amount, type Fields, fields } from "../payload";
import { codeOf } from "../problems";
import { type RunIdentity, startTicksOf } from "../run";
import { type Location, TEMPORARY_PREFIX } from "./location";

/** How long a holder may take that is alive, that cannot be asked, or that has not said who it is. */
const PATIENCE_MS = { alive: 30_000, elsewhere: 10_000, nameless: 2_000, breaking: 10_000 } as const;
const MAX_LOCK_BYTES = 4096;

export function newToken(run: RunIdentity): string {
  return `${run.pid}-${randomBytes(8).toString("hex")}`;
}

export class Lock {
  private readonly content: string;

  /** @param temporary the file that the holder will rename, already created */
  constructor(
    private readonly location: Location,
    private readonly run: RunIdentity,
    private readonly token: string,
    temporary: string,
  ) {
    this.content = JSON.stringify({
      token,
      temporary: basename(temporary),
      pid: run.pid,
      pid_start_ticks: run.pidStartTicks,
      pid_namespace: run.pidNamespace,
      boot_id: run.bootId,
    });
  }

  /** Tries until it has the lock or the time is over; returns whether it has it. */
  async acquire(waitMs: number): Promise<boolean> {
    const endMs = performance.now() + waitMs;
    for (;;) {
      if (await createExclusively(this.location.lock, this.content)) return true;
      if (await this.breakIfStale()) continue;
      if (performance.now() >= endMs) return false;
      await sleep(2 + Math.random() * 18, undefined, { ref: false });
    }
  }

  async release(): Promise<void> {
    const holder = await readLock(this.location.lock);
    if (holder?.token === this.token) await rm(this.location.lock, { force: true });
  }

  private async breakIfStale(): Promise<boolean> {
    const seen = await readLock(this.location.lock);
    if (!seen) return true;
    if (!this.isStale(seen) || !(await this.startBreaking())) return false;
    try {
      // Only now can nobody else remove it, so only now does it count who holds it.
      const holder = await readLock(this.location.lock);
      if (!holder || holder.token !== seen.token || !this.isStale(holder)) return false;
      await removeTemporary(this.location, holder.temporary);
      await rm(this.location.lock, { force: true });
      return true;
    } finally {
      await rm(this.location.breaking, { force: true });
    }
  }

  private async startBreaking(): Promise<boolean> {
    if (await createExclusively(this.location.breaking, this.content)) return true;
    const other = await readLock(this.location.breaking);
    if (other && other.ageMs > PATIENCE_MS.breaking) await rm(this.location.breaking, { force: true });
    return false;
  }

  private isStale(holder: Holder): boolean {
    if (holder.token === undefined) return holder.ageMs > PATIENCE_MS.nameless;
    const canBeAsked =
      this.run.bootId !== null &&
      holder.bootId === this.run.bootId &&
      this.run.pidNamespace !== null &&
      holder.pidNamespace === this.run.pidNamespace;
    if (!canBeAsked) return holder.ageMs > PATIENCE_MS.elsewhere;
    const isAlive = holder.pid !== undefined && startTicksOf(holder.pid) === holder.pidStartTicks;
    return !isAlive || holder.ageMs > PATIENCE_MS.alive;
  }
}

interface Holder {
  /** `undefined` while the holder has created the file but not written it. */
  token: string | undefined;
  temporary: string | undefined;
  pid: number | undefined;
  pidStartTicks: number | undefined;
  pidNamespace: unknown;
  bootId: unknown;
  ageMs: number;
}

/** @returns `undefined` where nobody holds it */
async function readLock(path: string): Promise<Holder | undefined> {
  const file = await unlessMissing(
    open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
  );
  if (!file) return undefined;
  try {
    const { mtimeMs } = await file.stat();
    const buffer = Buffer.alloc(MAX_LOCK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, MAX_LOCK_BYTES, 0);
    return holderIn(buffer.toString("utf8", 0, bytesRead), mtimeMs);
  } finally {
    await file.close();
  }
}

function holderIn(text: string, mtimeMs: number): Holder {
  const lock = parse(text);
  return {
    token: typeof lock.token === "string" ? lock.token : undefined,
    temporary: typeof lock.temporary === "string" ? lock.temporary : undefined,
    pid: amount(lock.pid),
    pidStartTicks: amount(lock.pid_start_ticks),
    pidNamespace: lock.pid_namespace,
    bootId: lock.boot_id,
    // A clock that was set back must not keep a lock for ever.
    ageMs: Math.abs(Date.now() - mtimeMs),
  };
}

function parse(text: string): Fields {
  try {
    return fields(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Removes what a holder would rename; a name of any other form is not ours to remove. */
async function removeTemporary(location: Location, name: string | undefined): Promise<void> {
  if (name?.startsWith(TEMPORARY_PREFIX) && name === basename(name)) {
    await rm(join(location.dir, name), { force: true });
  }
}

/** What a failure leaves half-written has no name, and is broken like any such lock. */
async function createExclusively(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
