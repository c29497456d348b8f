import { expect, test } from "vitest";
import { joined, peaked } from "../src/curves";
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

test("one high peak begins a chart with a logarithm; a slope, what has none, and nothing do not", () => {
  const level = Float64Array.from({ length: 40 }, () => 0.1);
  expect(peaked([[30, 4, ...level], [NaN, 0.2, 0.1]])).toBe(true);
  expect(peaked([[2.9, 1, ...level]])).toBe(false);
  expect(peaked([[30, 4, ...level, 0]])).toBe(false);
  expect(peaked([[30, -1, ...level]])).toBe(false);
  expect(peaked([[NaN, Infinity]])).toBe(false);
  expect(peaked([])).toBe(false);
});
