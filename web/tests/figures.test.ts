import { expect, test } from "vitest";
import { apart, least, minus, shown, subscript, typed } from "../src/figures";
import alike from "./figures.json";

test("numbers are written as Python writes them", () => {
  // What cutaway.explain.figures.shown says of the same numbers.
  const told: [number, string][] = [
    [-0.490000001, "−0.49"], [45812.37, "45812"], [1.23e-9, "1.23·10⁻⁹"], [0, "0"], [0.00012345, "0.0001234"],
    [99.996, "100"], [1234567, "1234567"], [-0.00009999, "−9.999·10⁻⁵"], [Infinity, "∞"], [NaN, "NaN"], [0.5, "0.5"],
  ];
  for (const [value, words] of told) expect(shown(value)).toBe(words);
});

test("a number in the middle of two is rounded as Python rounds it", () => {
  for (const [value, digits, words] of alike as [number, number, string][]) expect([value, digits, shown(value, digits)]).toEqual([value, digits, words]);
});

test("what is typed may have either minus; what is none is told apart", () => {
  expect(typed("−1.5")).toBe(-1.5);
  expect(typed(" 2e-3 ")).toBe(0.002);
  for (const value of [4e-6, -1.78e-56, 1e-5, 1e300, -2.5e20]) expect(typed(shown(value))).toBe(value);
  expect(typed("10⁻⁵")).toBe(1e-5);
  expect(typed("−10⁻⁵")).toBe(-1e-5);
  expect(typed("much")).toBeNull();
  expect(typed("")).toBeNull();
});

test("places count from one in books", () => {
  expect(subscript(9)).toBe("₁₀");
});

test("the marks of an axis have as many digits as tell them apart", () => {
  expect(apart([0.6928, 0.693, 0.6932])).toEqual(["0.6928", "0.693", "0.6932"]);
  expect(apart([1, null, 0.5])).toEqual(["1", "", "0.5"]);
  expect(apart([0.1 + 0.2, 0.4])).toEqual(["0.3", "0.4"]);
  expect(new Set(apart([1, 1, 1])).size).toBe(1); // there is no more to be told
});

test("the axis of what does not move is a thousandth of it long, of what moves as long as it is", () => {
  const [low, high] = least(0.6931, 0.6931);
  expect(high - low).toBeCloseTo(0.0006931, 9);
  expect((low + high) / 2).toBeCloseTo(0.6931, 9);
  expect(least(0.1, 0.9)).toEqual([0.1, 0.9]);
});

test("numbers among words get a true minus; dates, ranges and names keep their hyphens", () => {
  expect(minus("-0.787")).toBe("−0.787");
  expect(minus("-2.365 to -.5, 90 distinct")).toBe("−2.365 to −.5, 90 distinct");
  for (const text of ["2024-01-02", "A-1", "3-5", "k. A. - none", "-", "north-west"]) expect(minus(text)).toBe(text);
});
