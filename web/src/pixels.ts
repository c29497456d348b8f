// Numbers as pictures of one pixel each.

import type { Rgb } from "./colour";

/** Where a picture of cells begins, and how long it is, so that the middles of its first and last cell are the ends of a length. */
export function spread(cells: number, length: number): [begin: number, size: number] {
  const cell = length / (cells - 1);
  return [-cell / 2, length + cell];
}

/** Numbers as a picture of one pixel each, rows first; `flip` puts the first row at the bottom. `on`: a canvas to use again. */
export function pixels(
  rows: number,
  columns: number,
  colour: (row: number, column: number) => Rgb,
  flip = false,
  on: HTMLCanvasElement = document.createElement("canvas"),
): HTMLCanvasElement {
  if (on.width !== columns || on.height !== rows) [on.width, on.height] = [columns, rows];
  const context = on.getContext("2d")!;
  const image = context.createImageData(columns, rows);
  const bytes = image.data;
  for (let row = 0; row < rows; row++) {
    let place = 4 * (flip ? rows - 1 - row : row) * columns;
    for (let column = 0; column < columns; column++) {
      const [red, green, blue] = colour(row, column);
      bytes[place++] = red;
      bytes[place++] = green;
      bytes[place++] = blue;
      bytes[place++] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return on;
}
