import { expect, test } from "vitest";
import { cells, indexOf } from "../src/cells";

test.each([[[5]], [[3, 4]], [[4, 3, 2]], [[3, 2, 4, 5]], [[2, 2, 2, 2, 2]]])("every cell of %j is a place, and every place a cell", (shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const found = cells(shape);
  expect(found.rows * found.columns).toBe(size);
  const places = new Set<number>();
  for (let row = 0; row < found.rows; row++)
    for (let column = 0; column < found.columns; column++) {
      const flat = found.flat(row, column);
      expect(found.cell(flat)).toEqual([row, column]);
      places.add(flat);
    }
  expect([...places].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
});

test("a picture lies as it is, and a filter is a tile", () => {
  expect(cells([8, 6, 1])).toMatchObject({ rows: 8, columns: 6 });
  const filters = cells([3, 3, 2, 4]); // height, width, in, out
  expect([filters.rows, filters.columns]).toEqual([6, 12]);
  expect(indexOf(filters.flat(4, 7), [3, 3, 2, 4])).toEqual([1, 1, 1, 2]);
});
