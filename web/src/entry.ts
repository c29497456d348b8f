// A number that a person types: what it is, or in words what is wrong with it.

import { counted, shown, typed } from "./figures";

export interface Expected {
  such: string; // one that would do
  low?: number;
  high?: number;
  whole?: boolean;
}

/** The number; where it is none, or one that will not do, the words that say so. */
export function entered(text: string, { such, low = -Infinity, high = Infinity, whole = false }: Expected): number | string {
  const written = text.trim();
  const kind = whole ? "a whole number" : "a number";
  const value = typed(written);
  if (value === null) {
    const pointed = written.replace(",", ".");
    if (pointed !== written && typed(pointed) !== null) return `Write a point, not a comma: ${pointed}`;
    return written ? `“${written.slice(0, 40)}” is no number; expected ${kind} such as ${such}` : `Nothing was typed; expected ${kind} such as ${such}`;
  }
  if (!Number.isFinite(value)) return `${written.slice(0, 40)} is too large a number`;
  if (value < low || value > high) return `${shown(value)} does not go here; expected ${kind} ${within(low, high)}`;
  if (whole && !Number.isInteger(value)) return `${shown(value)} is not whole; expected ${kind} such as ${such}`;
  return value;
}

function within(low: number, high: number): string {
  if (high === Infinity) return `of ${counted(low)} or more`;
  return low === -Infinity ? `of at most ${counted(high)}` : `from ${counted(low)} to ${counted(high)}`;
}
