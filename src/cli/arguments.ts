// arguments.ts: option values from text.
// In: what stands behind an option. Out: a number, or commander's own usage error (exit code 2) that says what it may be.

import { InvalidArgumentError } from "commander";

/** An integer of at least `least`. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value) || value < least || value > most) {
      const range =
        most === Number.MAX_SAFE_INTEGER
          ? `an integer of at least ${least}`
          : `an integer from ${least} to ${most}`;
      throw new InvalidArgumentError(`it must be ${range}.`);
    }
    return value;
  };
}

/** A number of at least `least` and at most `most`. */
export function numberFrom(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`it must be a number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Names between commas. */
export function names(text: string): readonly string[] {
  const list = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (list.length === 0) throw new InvalidArgumentError("it must be names between commas.");
  return [...new Set(list)];
}

/** Learning rates between commas, each once, ascending. */
export function rates(text: string): readonly number[] {
  const list = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (!list.every((rate) => rate > 0 && rate <= 1e38))
    throw new InvalidArgumentError("it must be learning rates between commas: 3e-4,1e-3,3e-3.");
  return [...new Set(list)].sort((a, b) => a - b);
}
