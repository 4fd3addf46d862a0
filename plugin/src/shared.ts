// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One meter per process, and one copy of the prices, whatever OpenCode does with this file.
 *
 * It may be loaded through a symbolic link and again as a copy, started once per directory, started again
 * after a change of configuration, and 1.18 calls both `server` and `setup`. Module state would then
 * count twice, so the meter hangs on `globalThis`.
 */

import type { Catalogue } from "./catalogue";
import { Meter } from "./meter";
import { thisRun } from "./run";
import { dataDir } from "./stats-file/location";

interface Shared {
  meter: Meter;
  /** Which interface feeds the meter: the first of them that was started. */
  host: "1.x" | "2.x" | undefined;
  /** Of the first instance that could ask: two would ask twice, and write each other's draft. */
  catalogue: Catalogue | undefined;
}

/** The number goes up when `Shared` changes, so that two versions of this file never share a meter. */
const KEY = Symbol.for("io.github.octally.plugin/2");

export function shared(): Shared {
  const holder = globalThis as { [KEY]?: Shared };
  holder[KEY] ??= {
    meter: new Meter(thisRun(), dataDir(process.env)),
    host: undefined,
    catalogue: undefined,
  };
  return holder[KEY];
}
