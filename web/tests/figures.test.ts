import { expect, test } from "vitest";
import { shown, subscript, typed } from "../src/figures";

test("numbers are written as Python writes them", () => {
  // What cutaway.explain.figures.shown says of the same numbers.
  const told: [number, string][] = [
    [-0.490000001, "−0.49"], [45812.37, "45812"], [1.23e-9, "1.23e−9"], [0, "0"], [0.00012345, "0.0001234"],
    [99.996, "100"], [1234567, "1234567"], [-0.00009999, "−9.999e−5"], [Infinity, "∞"], [NaN, "NaN"], [0.5, "0.5"],
  ];
  for (const [value, words] of told) expect(shown(value)).toBe(words);
});

test("what is typed may have either minus; what is none is told apart", () => {
  expect(typed("−1.5")).toBe(-1.5);
  expect(typed(" 2e-3 ")).toBe(0.002);
  expect(typed("much")).toBeNull();
  expect(typed("")).toBeNull();
});

test("places count from one in books", () => {
  expect(subscript(9)).toBe("₁₀");
});
