// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Loaded before all tests: whatever they put into the folder for temporary files goes with them.
 */

import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "octally-plugin-"));
process.env.TMPDIR = folder;

// A meter may still be writing: what it has just made is met again.
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
