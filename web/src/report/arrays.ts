// Arrays of a report, from base64 to what the studio's painters take.

import type { NumberArray } from "../protocol";
import type { Packed } from "./told";

export function unpacked({ shape, f4 }: Packed): NumberArray {
  const bytes = Uint8Array.from(atob(f4), (letter) => letter.charCodeAt(0));
  return { shape, type: "f4", data: new Float32Array(bytes.buffer) };
}

/** The place of the last value that is not above the one given: which look was the newest then. */
export function newest(values: ArrayLike<number>, value: number): number {
  let place = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! <= value) place = i;
  return place;
}
