import { expect, test } from "vitest";
import { entered } from "../src/entry";

const rate = { such: "0.01", low: 0, high: 1e6 };
const batch = { such: "32", low: 1, high: 100_000, whole: true };

test("a number that will do is taken", () => {
  for (const [text, value] of [["-3", -3], [".5", 0.5], ["12.5", 12.5], ["+5", 5], ["−0.5", -0.5], ["4·10⁻⁶", 4e-6], ["1e300", 1e300]] as const)
    expect(entered(text, { such: "1" })).toBe(value);
  expect(entered("0", rate)).toBe(0);
  expect(entered(" 64 ", batch)).toBe(64);
});

test("what will not do is said in words that a person can follow", () => {
  expect(entered("0,5", { such: "1" })).toBe("Write a point, not a comma: 0.5");
  expect(entered("zero", { such: "−0.5" })).toBe("“zero” is no number; expected a number such as −0.5");
  expect(entered("1,2,3", { such: "1" })).toContain("is no number");
  expect(entered("", rate)).toBe("Nothing was typed; expected a number such as 0.01");
  expect(entered("-1", rate)).toBe("−1 does not go here; expected a number from 0 to 1,000,000");
  expect(entered("x", batch)).toBe("“x” is no number; expected a whole number such as 32");
  expect(entered("2.5", batch)).toBe("2.5 is not whole; expected a whole number such as 32");
  expect(entered("0", batch)).toBe("0 does not go here; expected a whole number from 1 to 100,000");
  expect(entered("1e999", rate)).toBe("1e999 is too large a number");
});
