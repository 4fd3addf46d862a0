// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Where stats.json and its companions lie.
 */

import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface Location {
  readonly dir: string;
  readonly stats: string;
  readonly lock: string;
  /** Held while somebody removes a dead process's lock. */
  readonly breaking: string;
}

export const TEMPORARY_PREFIX = "stats.json.tmp-";
export const SET_ASIDE_PREFIX = "stats.json.corrupt-";

/** OpenCode's data folder, as OpenCode itself finds it: a relative XDG_DATA_HOME counts too. */
export function dataDir(env: Record<string, string | undefined>): string {
  const base = env.XDG_DATA_HOME || join(homedir(), ".local", "share");
  return resolve(base, "opencode");
}

export function locationIn(dir: string): Location {
  return {
    dir,
    stats: join(dir, "stats.json"),
    lock: join(dir, "stats.json.lock"),
    breaking: join(dir, "stats.json.lock.break"),
  };
}
