// A kept session answers as Python would: the moment asked for, or the nearest that is kept, and its sentences.

import { expect, test } from "vitest";
import { asFrame } from "../src/arrays";
import { keptModel, keyOf, messages, nearest, owner, type Held, type Moment } from "../src/kept";

const branch = (number: number, parent: number | null, from: number, last: number) => ({ number, parent, from, last, why: "" });
const scene = { branches: [branch(0, null, 0, 40), branch(1, 0, 20, 30)], time: { branch: 1 }, selection: {} } as unknown as Held["scene"];
const moments: [number, number][] = [[0, 0], [0, 10], [0, 40], [1, 20], [1, 30]];
const held = { format: 1, scene, map: {}, moments, here: [1, 30], curves: [{ branch: 0 }, { branch: 1 }], studies: {} } as unknown as Held;
const told = moments.map(([at, step]) => ({ frame: { time: { branch: at, step } }, rows: {}, sentences: { [`loss  `]: { name: `loss ${step}` } } })) as unknown as Moment[];

test("a step belongs to the branch on whose part it lies", () => {
  expect([owner(scene, 1, 25), owner(scene, 1, 19), owner(scene, 0, 25)]).toEqual([1, 0, 0]);
});

test("the nearest moment is one that can be seen from the branch", () => {
  expect(nearest(held, 1, 38)).toBe(4);
  expect(nearest(held, 1, 12)).toBe(1);
  expect(nearest(held, 0, 38)).toBe(2);
});

test("it answers, shows, and refuses to change", async () => {
  const said: Record<string, unknown>[] = [];
  const model = keptModel(held, told);
  model.on("msg:custom", (content) => said.push(content as unknown as Record<string, unknown>));
  model.send({ id: 1, revision: 0, do: "open" });
  model.send({ id: 2, revision: 1, do: "seek", step: 11 });
  model.send({ id: 3, revision: 1, do: "number", what: { kind: "loss" } });
  model.send({ id: 4, revision: 2, do: "edit", path: "0.weight", index: [0, 0], value: 1 });
  await Promise.resolve();
  expect(said[0]).toMatchObject({ id: 1, result: { time: { step: 30, last: 30, branch: 1 } } });
  expect(said[1]).toMatchObject({ push: "frame", time: { step: 10, branch: 1, last: 30 }, curves: { branch: 1 } });
  expect(said[3]).toMatchObject({ id: 3, result: { name: "loss 10" } });
  expect(said[4]).toMatchObject({ id: 4, error: { kind: "input" } });
});

test("a number is called as Python calls it", () => {
  expect(keyOf({ kind: "parameter", path: "0.weight", index: [1, 0] })).toBe("parameter 0.weight 1,0");
  expect(keyOf({ kind: "input", place: [3] })).toBe("input  3");
  expect(keyOf({ kind: "operation", name: "h0 = matmul" })).toBe("operation h0 = matmul ");
});

test("messages come out as they went in", async () => {
  const parts = [{ a: 1 }, { w: { $array: 0, shape: [2], type: "f4" } }].map((content, i) => asFrame(content, i ? [new Float32Array([1, 2]).buffer] : []));
  const whole = new Blob(parts.flatMap((part) => [new Uint32Array([part.length]), part])).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(whole).arrayBuffer());
  const found = (await messages(btoa(String.fromCharCode(...bytes)))) as { w: { data: Float32Array } }[];
  expect(found[0]).toEqual({ a: 1 });
  expect([...found[1]!.w.data]).toEqual([1, 2]);
});
