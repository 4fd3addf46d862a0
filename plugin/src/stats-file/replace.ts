// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Replaces stats.json whole: read, change, write beside it, sync, rename, all under the lock.
 */

import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Fields } from "../payload";
import { codeOf, type Problems } from "../problems";
import type { RunIdentity } from "../run";
import { MAX_BYTES, readDocument, setAside } from "./document";
import { type Location, TEMPORARY_PREFIX } from "./location";
import { Lock, newToken } from "./lock";
import { serialize } from "./merge";

/** Temporary files of processes that were killed while they waited for the lock. */
const ABANDONED_AFTER_MS = 60_000;

/**
 * @param change gets the parsed file (empty if new), returns the new document; called once the lock is held
 * @returns whether the file was replaced; false when the lock could not be had in time
 * @throws Refused, or a system error; the file is then as before
 */
export async function replaceStats(
  location: Location,
  run: RunIdentity,
  problems: Problems,
  waitMs: number,
  change: (current: Fields) => Fields,
): Promise<boolean> {
  const token = newToken(run);
  const temporary = join(location.dir, TEMPORARY_PREFIX + token);
  // It must exist before the lock is taken, so that whoever breaks the lock can take it away.
  const file = await open(temporary, "wx", 0o600);
  const lock = new Lock(location, run, token, temporary);
  let isLocked = false;
  try {
    isLocked = await lock.acquire(waitMs);
    if (!isLocked) return false;
    const document = change(await readOrSetAside(location, problems));
    await writeDurably(file, serialize(document, MAX_BYTES));
    await rename(temporary, location.stats);
    return true;
  } finally {
    await tidyUp(problems, () => file.close());
    await tidyUp(problems, () => rm(temporary, { force: true }));
    if (isLocked) await tidyUp(problems, () => lock.release());
  }
}

/** What fails after the rename must not make a written file look unwritten. */
async function tidyUp(problems: Problems, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    problems.note("tidy-up", `stats.json was written, but not tidied up after (${codeOf(error)})`);
  }
}

/** Removes temporary files that nobody will ever rename. */
export async function removeAbandoned(location: Location, nowMs: number): Promise<void> {
  for (const name of await readdir(location.dir)) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    const path = join(location.dir, name);
    const { mtimeMs } = await stat(path);
    if (nowMs - mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
  }
}

async function readOrSetAside(location: Location, problems: Problems): Promise<Fields> {
  const document = await readDocument(location.stats);
  if (document) return document;
  const name = await setAside(location, Date.now());
  problems.note(
    "set-aside",
    `${location.stats} could not be used and was renamed to ${name}; a new one begins`,
  );
  return {};
}

async function writeDurably(file: FileHandle, text: string): Promise<void> {
  await file.writeFile(text);
  await file.sync();
}
