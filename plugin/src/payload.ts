// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Reads single fields out of what OpenCode hands us.
 *
 * Events and hook inputs are typed by OpenCode's version of the day, so nothing in them is taken for
 * granted: what is missing or of another type reads as absent.
 */

export type Fields = Record<string, unknown>;

/** Longer ids and names are not OpenCode's and would only swell the file. */
const MAX_TEXT_LENGTH = 256;

export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A non-empty text of sane length, or `undefined`. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && value.length <= MAX_TEXT_LENGTH ? value : undefined;
}

/** A finite number of 0 or more, or `undefined`. */
export function amount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
