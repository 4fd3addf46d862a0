// SPDX-License-Identifier: GPL-3.0-or-later
import { expect, test } from "bun:test";
import { disjointTokens, tokensOfMessage } from "../src/tokens";

const cache = { read: 502, write: 0 };

test("a total that includes reasoning leaves output alone (1.14 and later)", () => {
  const stored = { total: 1257, input: 709, output: 34, reasoning: 12, cache };
  expect(tokensOfMessage(stored)).toEqual({
    input: 709,
    output: 34,
    reasoning: 12,
    cacheRead: 502,
    cacheWrite: 0,
  });
});

test("a total without reasoning tells that output contains it (1.1.58 to 1.3)", () => {
  const stored = { total: 1257, input: 709, output: 46, reasoning: 12, cache };
  expect(tokensOfMessage(stored).output).toBe(34);
});

test("without a total, output contains reasoning (older versions)", () => {
  expect(tokensOfMessage({ input: 709, output: 46, reasoning: 12, cache }).output).toBe(34);
});

test("2.x stores no total and disjoint kinds", () => {
  expect(disjointTokens({ input: 709, output: 34, reasoning: 12, cache }).output).toBe(34);
});

test("what is no number counts nothing and breaks nothing", () => {
  const nothing = { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 };
  for (const stored of [undefined, null, "x", [], { input: Number.NaN, output: -3, cache: null }]) {
    expect(tokensOfMessage(stored)).toEqual(nothing);
  }
});
