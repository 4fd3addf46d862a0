// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What went wrong: counted, and told to the host once per kind. The console is OpenCode's screen and is
 * never written to; no content of a session ever gets in here.
 */

export type ProblemKind =
  | "event"
  | "lock"
  | "write"
  | "tidy-up"
  | "set-aside"
  | "symlink"
  | "not-a-file"
  | "newer-format"
  | "prices";

export type Tell = (message: string) => unknown;

export class Problems {
  private readonly counts = new Map<ProblemKind, number>();
  private tell: Tell | undefined;

  /** Says where messages go; the newest host that can take them. */
  setListener(tell: Tell): void {
    this.tell = tell;
  }

  count(kind: ProblemKind): number {
    return this.counts.get(kind) ?? 0;
  }

  note(kind: ProblemKind, message: string): void {
    const count = this.count(kind) + 1;
    this.counts.set(kind, count);
    if (count === 1) this.say(message);
  }

  private say(message: string): void {
    try {
      Promise.resolve(this.tell?.(message)).catch(() => {});
    } catch {
      // A host that cannot log must not lose its turn over it; the count stays.
    }
  }
}

/** The code of a system error, as in `ENOSPC`, else the error's class. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : "unknown error";
}
