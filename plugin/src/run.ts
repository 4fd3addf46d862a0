// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Which OpenCode process this is: what tells it from every other, now and after its end.
 */

import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

export interface RunIdentity {
  readonly id: string;
  readonly pid: number;
  readonly pidStartTicks: number | null;
  readonly pidNamespace: string | null;
  readonly bootId: string | null;
  readonly startedMs: number;
}

export function thisRun(): RunIdentity {
  const startedMs = Math.round(Date.now() - process.uptime() * 1000);
  const random = randomBytes(2).toString("hex");
  return {
    id: `${process.pid}-${startedMs.toString(36)}-${random}`,
    pid: process.pid,
    pidStartTicks: startTicksOf("self"),
    pidNamespace: unlessMissing(() => readlinkSync("/proc/self/ns/pid")),
    bootId: unlessMissing(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    startedMs,
  };
}

/** Field 22 of /proc/<pid>/stat (proc(5)); `null` where no such process lives. */
export function startTicksOf(pid: number | "self"): number | null {
  return unlessMissing(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    const fromThirdField = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const isDead = fromThirdField[0] === "Z" || fromThirdField[0] === "X";
    const ticks = Number(fromThirdField[22 - 3]);
    return Number.isSafeInteger(ticks) && !isDead ? ticks : null;
  });
}

function unlessMissing<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
