// A canvas that keeps its size in device pixels and is painted again when what it shows changes, once a screen frame.

import type { Attachment } from "svelte/attachments";

export type Painter = (context: CanvasRenderingContext2D, width: number, height: number) => void;

/** `painter` is read for what it depends on, and called with the size in CSS pixels. */
export function paint(painter: Painter): Attachment<HTMLCanvasElement> {
  return (canvas) => {
    const context = canvas.getContext("2d")!;
    const draw = () => {
      const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, window.devicePixelRatio || 1];
      if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
      }
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      painter(context, width, height);
    };
    let first = true; // an observer calls once at once, when this has drawn already
    const watcher = new ResizeObserver(() => (first ? (first = false) : draw()));
    watcher.observe(canvas);
    draw();
    return () => watcher.disconnect();
  };
}

/** Where a picture of cells begins, and how long it is, so that the middles of its first and last cell are the ends of a length. */
export function spread(cells: number, length: number): [begin: number, size: number] {
  const cell = length / (cells - 1);
  return [-cell / 2, length + cell];
}

/** Numbers as a picture of one pixel each, rows first; `flip` puts the first row at the bottom. */
export function pixels(
  rows: number,
  columns: number,
  colour: (row: number, column: number) => [number, number, number],
  flip = false,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(columns, rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const place = 4 * ((flip ? rows - 1 - row : row) * columns + column);
      const [red, green, blue] = colour(row, column);
      image.data[place] = red;
      image.data[place + 1] = green;
      image.data[place + 2] = blue;
      image.data[place + 3] = 255;
    }
  context.putImageData(image, 0, 0);
  return canvas;
}
