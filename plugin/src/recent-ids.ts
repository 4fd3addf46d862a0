// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A bounded set of the ids seen last.
 */

const MAX_IDS = 1024;

export class RecentIds {
  /** Oldest first. */
  private readonly ids = new Set<string>();

  /** @returns whether the id is new */
  add(id: string): boolean {
    if (this.ids.has(id)) return false;
    this.ids.add(id);
    if (this.ids.size > MAX_IDS) this.forgetOldest();
    return true;
  }

  private forgetOldest(): void {
    const oldest = this.ids.values().next();
    if (!oldest.done) this.ids.delete(oldest.value);
  }
}
