import { expect, test, vi } from "vitest";
import { Latest } from "../src/latest";

test("what is asked for now does not wait for the end of a pause, and is over when it was answered", async () => {
  vi.useFakeTimers();
  const asked: number[] = [];
  let pause = 10_000;
  const latest = new Latest(async (what: number) => void asked.push(what), () => pause);
  latest.run(1);
  await vi.advanceTimersByTimeAsync(10);
  latest.run(2);
  await vi.advanceTimersByTimeAsync(10);
  expect(asked).toEqual([1]);
  pause = 0;
  await latest.now(3);
  expect(asked).toEqual([1, 3]);
  await latest.now(4);
  expect(asked).toEqual([1, 3, 4]);
  expect(latest.idle).toBe(true);
  vi.useRealTimers();
});
