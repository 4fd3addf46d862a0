// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * One OpenCode process of many, for processes.test.ts: counts steps of one token each and says how many
 * are surely in the file. Arguments: data folder, number of steps.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Meter } from "../src/meter";
import { thisRun } from "../src/run";
import { QUICK } from "./replay";

const [dir, count] = [process.argv[2] as string, Number(process.argv[3])];
const meter = new Meter(thisRun(), dir, { ...QUICK, lockWaitMs: 10_000, flushWaitMs: 20_000 });

for (let i = 1; i <= count; i++) {
  meter.attach();
  meter.apply([oneToken(i)]);
  await meter.detach();
  while (!isWritten()) await sleep(5);
  process.stdout.write(`${i}\n`);
}

function oneToken(i: number) {
  const createdMs = Date.now();
  const tokens = { input: 1, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 };
  const step = {
    id: `msg_${process.pid}_${i}`,
    sessionId: "ses_1",
    model: "m/a",
    createdMs,
    completedMs: createdMs,
    tokens,
    costNanoUsd: 1_000,
    isCounted: true,
  };
  return { kind: "step", step } as const;
}

function isWritten(): boolean {
  const contribution = meter.takeContribution();
  meter.giveBack(contribution);
  return contribution.unwritten.size === 0;
}
