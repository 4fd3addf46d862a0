// SPDX-License-Identifier: GPL-3.0-or-later
/** Waits for what another process, or a write behind the test, brings about. */
export async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error("waited for 5 seconds");
    await Bun.sleep(5);
  }
}
