import { expect, test } from "vitest";
import { besides, drawnRow, ofOutput, selects } from "../src/boundary";
import { spread } from "../src/pixels";
import type { Boundary, NumberArray } from "../src/protocol";
import { aRowWith } from "../src/typed";

const numbers = (shape: number[], data: number[]): NumberArray => ({ shape, type: "f8", data: Float64Array.from(data) });

const told: Boundary = {
  step: 0, kind: "curve", axes: [{ name: "x", low: 0, high: 1, points: 2 }], words: "",
  outputs: numbers([2, 2], [1, 10, 2, 20]), classes: null,
  rows: {
    places: numbers([3], [7, 2, 5]), parts: numbers([3], [0, 0, 1]), examples: numbers([3], [0, 4, 0]),
    coordinates: numbers([3, 1], [0, 0.5, 1]), target: numbers([3, 2], [1, 2, 3, 4, 5, 6]),
  },
};

test("a drawn row is selected by its place in its part, not by that among all rows", () => {
  expect(selects(told.rows!, 1)).toEqual({ part: "training", example: 4 });
  expect(selects(told.rows!, 2)).toEqual({ part: "held_out", example: 0 });
  expect(drawnRow(told.rows!, "training", 4)).toBe(1);
  expect(drawnRow(told.rows!, "held_out", 0)).toBe(2);
  expect(drawnRow(told.rows!, "training", 7)).toBeNull();
});

test("of several outputs one is drawn, with its own targets", () => {
  const second = ofOutput(told, 1);
  expect(Array.from(second.outputs.data)).toEqual([10, 20]);
  expect(second.outputs.shape).toEqual([2, 1]);
  expect(Array.from(second.rows!.target.data)).toEqual([2, 4, 6]);
  const classes = { ...told, classes: numbers([2], [0, 1]) };
  expect(ofOutput(classes, 1)).toBe(classes); // probabilities belong together
});

test("the middle of each cell lies where the axis says its point is", () => {
  for (const points of [2, 25, 56]) {
    const [begin, size] = spread(points, 300);
    for (const i of [0, 1, points - 1]) expect(begin + ((i + 0.5) / points) * size).toBeCloseTo((i / (points - 1)) * 300, 9);
  }
});

test("a row that is typed keeps what the example has in the other columns, empty ones too", () => {
  const row = [{ column: "size", value: 3, shown: "3" }, { column: "town", value: "Delft", shown: "Delft" }, { column: "age", value: null, shown: "missing" }];
  expect(aRowWith({ row } as never, { size: 9 })).toEqual({ size: 9, town: "Delft", age: null });
  expect(aRowWith(null, { size: 9 })).toEqual({ size: 9 });
});

test("squares stand on the right of their row, at the right edge on the left", () => {
  const place = { left: 40, width: 100 };
  expect(besides(50, 20, place)).toBe(50);
  expect(besides(130, 20, place)).toBe(110);
  expect(besides(60, 90, place)).toBe(60); // room enough on neither side: where there is more
});
