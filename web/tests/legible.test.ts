import { expect, test, vi } from "vitest";
import { BEAT, legible } from "../src/legible.svelte";

test("while the network trains text is written anew at each beat, and at once when it stands", () => {
  vi.useFakeTimers();
  const of = { beat: 0, moving: true };
  let value = 1;
  const read = legible(of, () => value);
  expect(read.now).toBe(1);
  value = 2;
  expect(read.now).toBe(1);
  of.beat += 1;
  expect(read.now).toBe(2);
  value = 3;
  expect(read.now).toBe(2);
  vi.advanceTimersByTime(BEAT); // no frame came: what a hand does is seen all the same
  expect(read.now).toBe(3);
  value = 4;
  of.moving = false;
  expect(read.now).toBe(4);
  value = 5;
  expect(read.now).toBe(5);
});

test("of another weight the value of the one before is never shown", () => {
  const of = { beat: 0, moving: true };
  let [name, value] = ["a", 1];
  const read = legible(of, () => value, () => name);
  expect(read.now).toBe(1);
  [name, value] = ["b", 2];
  expect(read.now).toBe(2);
  value = 3;
  expect(read.now).toBe(2);
});
