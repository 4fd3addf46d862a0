// SPDX-License-Identifier: GPL-3.0-or-later
import { beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { dataDir, readStats, stepsOf } from "./replay";

/** The writer, built for node too: OpenCode's Bun is not ours to choose. */
let built: string;

beforeAll(async () => {
  const outdir = dataDir();
  const result = await Bun.build({
    entrypoints: [join(import.meta.dir, "writer-process.ts")],
    outdir,
    target: "node",
    naming: "writer.mjs",
  });
  expect(result.success).toBe(true);
  built = join(outdir, "writer.mjs");
});

class Writer {
  acknowledged = 0;
  private readonly child;
  private readonly output: Promise<void>;

  constructor(dir: string, steps: number, runtime: string) {
    this.child = Bun.spawn([runtime, built, dir, String(steps)], { stdout: "pipe", stderr: "inherit" });
    this.output = this.listen();
  }

  get pid(): number {
    return this.child.pid;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  async end(): Promise<number> {
    await this.output;
    return this.child.exited;
  }

  async reaches(steps: number): Promise<void> {
    while (this.acknowledged < steps && this.child.exitCode === null) await Bun.sleep(1);
  }

  private async listen(): Promise<void> {
    let tail = "";
    for await (const chunk of this.child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (tail + chunk).split("\n");
      tail = lines.pop() ?? "";
      this.acknowledged = Number(lines.at(-1) ?? this.acknowledged);
    }
  }
}

const RUNTIMES = [process.execPath, "node"];

function writers(count: number, dir: string, steps: number): Writer[] {
  return Array.from({ length: count }, (_, i) => new Writer(dir, steps, RUNTIMES[i % 2] as string));
}

test("several processes at once lose and repeat nothing", async () => {
  const dir = dataDir();
  const exits = await Promise.all(writers(5, dir, 25).map((writer) => writer.end()));
  expect(exits).toEqual([0, 0, 0, 0, 0]);
  const stats = readStats(dir);
  expect(stats.total.totalTokens).toBe(125);
  expect(stats.total.totalCost).toBe(0.000125);
  expect(stats.daily.totalTokens).toBe(125);
  expect(stats.octally.runs.map(stepsOf)).toEqual([25, 25, 25, 25, 25]);
  expect(readdirSync(dir)).toEqual(["stats.json"]);
}, 60_000);

test("processes killed in the middle take only their last step with them", async () => {
  const dir = dataDir();
  const victims = writers(4, dir, 100_000);
  const survivors = writers(2, dir, 40);
  for (const [i, victim] of victims.entries()) {
    await victim.reaches(3 + 2 * i);
    victim.kill();
    await victim.end();
  }
  expect(await Promise.all(survivors.map((writer) => writer.end()))).toEqual([0, 0]);
  const stats = readStats(dir);
  const written = (writer: Writer) => stepsOf(stats.octally.runs.find((run) => run.pid === writer.pid));
  for (const victim of victims) {
    const unacknowledged = written(victim) - victim.acknowledged;
    expect(unacknowledged).toBeWithin(0, 2);
  }
  for (const survivor of survivors) expect(written(survivor)).toBe(40);
  const all = [...victims, ...survivors].reduce((sum, writer) => sum + written(writer), 0);
  expect(stats.total.totalTokens).toBe(all);
}, 60_000);
