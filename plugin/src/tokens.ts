// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The five disjoint token kinds of one step, and what OpenCode's figures mean in them.
 */

import { amount, type Fields, fields } from "./payload";

/** Tokens of one or many steps; cached ones are not in `input`, reasoning is not in `output`. */
export interface Tokens {
  input: number;
  output: number;
  reasoning: number;
  cacheRead: number;
  cacheWrite: number;
}

export function totalTokens(tokens: Tokens): number {
  return tokens.input + tokens.output + tokens.reasoning + tokens.cacheRead + tokens.cacheWrite;
}

/**
 * The tokens of a 1.x message.
 *
 * Versions up to 1.3 count reasoning inside `output`, 1.14 and later beside it. The message does not
 * name the version that wrote it, but its `total` tells which of the two sums was meant; versions that
 * store no `total` are old ones.
 */
export function tokensOfMessage(stored: unknown): Tokens {
  const tokens = disjointTokens(stored);
  const total = amount(fields(stored).total);
  const withoutReasoning = totalTokens(tokens) - tokens.reasoning;
  const reasoningIsInOutput = total === undefined || total === withoutReasoning;
  if (!reasoningIsInOutput) return tokens;
  return { ...tokens, output: Math.max(0, tokens.output - tokens.reasoning) };
}

/** Tokens that are disjoint as they stand, as 2.x hands them out. */
export function disjointTokens(stored: unknown): Tokens {
  const source: Fields = fields(stored);
  const cache = fields(source.cache);
  return {
    input: whole(source.input),
    output: whole(source.output),
    reasoning: whole(source.reasoning),
    cacheRead: whole(cache.read),
    cacheWrite: whole(cache.write),
  };
}

function whole(value: unknown): number {
  return Math.round(amount(value) ?? 0);
}
