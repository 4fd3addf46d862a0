// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What both generations of OpenCode tell us, in our words: the only thing that the host adapters hand
 * to the meter. Times are Unix milliseconds.
 */

import type { Tokens } from "./tokens";

export type WaitingFor = "permission" | "question";

/** A model call whose figures are final. */
export interface Step {
  id: string;
  sessionId: string;
  /** `provider/model` */
  model: string;
  createdMs: number;
  completedMs: number | undefined;
  tokens: Tokens;
  costNanoUsd: number;
  /** False for a call that ended in an error without usage. */
  isCounted: boolean;
}

/** Something happened in a session. */
export type Activity =
  | { kind: "busy"; sessionId: string }
  | { kind: "idle"; sessionId: string }
  | { kind: "asked"; sessionId: string; requestId: string; waitingFor: WaitingFor }
  | { kind: "answered"; sessionId: string; requestId: string }
  | { kind: "step"; step: Step };

export type Fact =
  | Activity
  | { kind: "session"; id: string; parentId: string | undefined; createdMs: number | undefined }
  | { kind: "session-deleted"; id: string }
  | { kind: "host-version"; version: string };
