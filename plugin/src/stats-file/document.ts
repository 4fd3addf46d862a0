// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Reads stats.json as it lies on the disk, trusting nothing: it may be missing, torn, huge, a link, or
 * somebody else's.
 */

import { constants } from "node:fs";
import { lstat, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { amount, type Fields, fields } from "../payload";
import { codeOf, type ProblemKind } from "../problems";
import { type Location, SET_ASIDE_PREFIX } from "./location";
import { FORMAT } from "./merge";

export const MAX_BYTES = 4 * 1024 * 1024;

/** Why stats.json is left alone. */
export class Refused extends Error {
  constructor(
    readonly kind: ProblemKind,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The file's content, an empty object where there is none yet.
 * @returns `undefined` for a file that cannot be used and should be set aside
 * @throws Refused for a file that must be left alone; system errors as they come
 */
export async function readDocument(path: string): Promise<Fields | undefined> {
  const text = await readGuarded(path);
  if (text === null) return {};
  const document = text === undefined ? undefined : parse(text);
  const format = amount(fields(document?.octally).format);
  if (format !== undefined && format > FORMAT) {
    throw new Refused(
      "newer-format",
      `${path} was written by a newer Octally (format ${format}): update this plugin`,
    );
  }
  return document && hasTotal(document) ? document : undefined;
}

/** Renames an unusable file, and keeps no more than that one. */
export async function setAside(location: Location, nowMs: number): Promise<string> {
  const name = `${SET_ASIDE_PREFIX}${nowMs}`;
  await rename(location.stats, join(location.dir, name));
  for (const other of await readdir(location.dir)) {
    if (other.startsWith(SET_ASIDE_PREFIX) && other !== name) {
      await rm(join(location.dir, other), { force: true });
    }
  }
  return name;
}

/** The text; `null` where there is no file, `undefined` where it is too large. */
async function readGuarded(path: string): Promise<string | null | undefined> {
  try {
    const stat = await lstat(path);
    if (stat.isSymbolicLink()) throw refusedLink(path);
    if (!stat.isFile()) throw new Refused("not-a-file", `${path} is not a regular file: remove it`);
    // What takes its place in between is neither followed nor, if a FIFO, waited for.
    const flag = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    return stat.size > MAX_BYTES ? undefined : await readFile(path, { encoding: "utf8", flag });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw codeOf(error) === "ELOOP" ? refusedLink(path) : error;
  }
}

function refusedLink(path: string): Refused {
  return new Refused("symlink", `${path} is a symbolic link and is not written through: remove it`);
}

function parse(text: string): Fields | undefined {
  try {
    return fields(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function hasTotal(document: Fields): boolean {
  return amount(fields(document.total).totalTokens) !== undefined;
}
