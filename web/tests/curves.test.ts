import { expect, test } from "vitest";
import { joined } from "../src/curves";
import type { Curves, NumberArray } from "../src/protocol";

const array = (...numbers: number[]): NumberArray => ({ shape: [numbers.length], type: "f8", data: Float64Array.from(numbers) });
function curves(branch: number, since: number, steps: number[], losses: number[]): Curves {
  return {
    branch, since, metrics: { accuracy: array(...losses) }, findings: [],
    loss: { step: array(...steps), training: array(...losses), held_out: array(...losses) },
    batch: { step: array(...steps), loss: array(...losses) },
    vitals: [{ path: "0", kind: "Dense", step: array(...steps), values: { gradient: array(...losses) } }],
  };
}

test("what is new is put behind what is there, and takes the place of what it repeats", () => {
  const told = joined(curves(0, -1, [0, 1, 2], [9, 8, 7]), curves(0, 1, [2, 3], [6, 5]));
  expect([...told.loss.step.data]).toEqual([0, 1, 2, 3]);
  expect([...told.loss.training.data]).toEqual([9, 8, 6, 5]);
  expect([...told.vitals[0]!.values.gradient!.data]).toEqual([9, 8, 6, 5]);
  expect([...told.metrics.accuracy!.data]).toEqual([9, 8, 6, 5]);
});

test("another branch takes the place of all", () => {
  expect([...joined(curves(0, -1, [0, 1], [9, 8]), curves(1, -1, [0], [4])).loss.training.data]).toEqual([4]);
});
