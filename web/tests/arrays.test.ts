import { expect, test } from "vitest";
import { asFrame, at, fromFrame, largest, range, unpacked } from "../src/arrays";

test("a frame comes back as it was, though its buffers do not lie aligned", () => {
  const numbers = new Float64Array([1.5, -2]);
  const odd = new Uint8Array([1, 2, 3]);
  const bytes = asFrame({ x: "é" }, [odd.buffer, numbers.buffer]);
  expect(new DataView(bytes.buffer).getUint32(0, true)).toBeGreaterThan(10);
  const { content, buffers } = fromFrame(bytes.buffer);
  expect(content).toEqual({ x: "é" });
  expect([...new Uint8Array(buffers[0]!)]).toEqual([1, 2, 3]);
  expect([...new Float64Array(buffers[1]!)]).toEqual([1.5, -2]);
});

test("the frame of the guide is what Python makes of it", () => {
  const said = '\x26\x00\x00\x00{"content":{"do":"open"},"buffers":[]}';
  expect(new TextDecoder("latin1").decode(asFrame({ do: "open" }, []))).toBe(said);
});

test("arrays and numbers without a name in JSON are put back", () => {
  const buffer = new Float32Array([1, 2, 3, 4, 5, 6]).buffer;
  const told = unpacked({ loss: { $number: "-inf" }, w: { $array: 0, shape: [2, 3], type: "f4" }, list: [{ $number: "nan" }] }, [buffer]);
  const { loss, w, list } = told as { loss: number; w: Parameters<typeof at>[0]; list: number[] };
  expect(loss).toBe(-Infinity);
  expect(list[0]).toBeNaN();
  expect(at(w, 1, 2)).toBe(6);
  expect(at(w, 2, 0)).toBeUndefined();
  expect(at(w, 0)).toBeUndefined();
});

test("a buffer that did not come is told", () => {
  expect(() => unpacked({ $array: 1, shape: [1], type: "f4" }, [new ArrayBuffer(4)])).toThrow("no buffer 1");
});

test("sizes and ranges pass over what is not finite", () => {
  expect(largest([1, -3, Infinity, NaN])).toBe(3);
  expect(range([2, NaN, -1], [5])).toEqual([-1, 5]);
  expect(range([NaN])).toEqual([0, 1]);
});
