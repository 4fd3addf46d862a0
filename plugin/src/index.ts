// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Octally's plugin for OpenCode, loaded by 1.x through `server` and by 2.x through `setup`.
 *
 * Nothing else may be exported: 1.x takes every export for a plugin of its own.
 */

import { server } from "./host-v1";
import { setup } from "./host-v2";

export default { id: "octally", server, setup };
