import { expect, test } from "vitest";
import { read, written } from "../src/link";
import type { Scene, Time } from "../src/protocol";

const SCENE = {
  lessons: [], rung: "layer", sources: { bundled: [{ name: "iris", target: "species" }] }, data: { name: "a wave" },
  network: { chain: [{ kind: "Dense", settings: { units: 6 } }, { kind: "ReLU", settings: {} }, { kind: "Dense", settings: { units: 1 } }] },
  selection: { part: "held_out", example: 3, parameter: { path: "0.weight", index: [0, 2] } },
  training: { loss: { name: "squared_error" }, optimizer: { name: "adam", rate: 0.02 }, batch_size: 8, seed: 4 },
} as unknown as Scene;

const TIME = { step: 120, again: true } as Time;

test("what is written is read again", () => {
  const text = written(SCENE, 0, TIME)!;
  expect(read(`http://127.0.0.1:9/#${text}`)).toEqual({
    source: { rung: "layer" }, layers: SCENE.network.chain, loss: "squared_error", optimizer: "adam", rate: 0.02, batch_size: 8, seed: 4,
    at: 120, selection: SCENE.selection,
  });
  expect(read(written(SCENE, 0, { ...TIME, again: false })!)).toMatchObject({ at: 0 });
  expect(text).not.toContain("token");
  const set = written({ ...SCENE, rung: null, data: { ...SCENE.data, name: "iris" } }, 0, TIME)!;
  expect(read(set)).toMatchObject({ source: { bundled: "iris" } });
  const lesson = written({ ...SCENE, lessons: [{ name: "09_fog", here: true }] } as unknown as Scene, 2, TIME)!;
  expect(read(lesson)).toEqual({ lesson: "09_fog", step: 2 });
});

test("rows of one's own have no link, and nonsense is none", () => {
  expect(written({ ...SCENE, rung: null }, 0, TIME)).toBeNull();
  for (const text of ["", "http://example.com", "rung=moon&loss=a&optimizer=b&rate=1&batch=1&seed=1", "rung=line&loss=a&optimizer=b&rate=x&batch=1&seed=1", "rung=line&loss=a&optimizer=b&rate=1&batch=1&seed=1&layers=%7B"])
    expect(read(text)).toBeNull();
});
