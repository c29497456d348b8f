// The response of one unit over the inputs, small: a map for two inputs, a curve for one.

import { signScale, type Palette } from "./colour";
import { pixels } from "./pixels";
import type { NumberArray } from "./protocol";

/**
 * `values` is (points, units) or (up, across, units), and `most` the largest of all, so that the units of a layer compare.
 * `on`: a canvas to use again.
 */
export function thumbnail(
  values: NumberArray, unit: number, most: number, kind: "curve" | "plane", palette: Palette, side: number,
  on: HTMLCanvasElement = document.createElement("canvas"),
): HTMLCanvasElement {
  const units = values.shape.at(-1)!;
  if (kind === "plane") {
    const [up, across] = values.shape as [number, number];
    const scale = signScale(palette, most);
    return pixels(up, across, (row, column) => scale(values.data[(row * across + column) * units + unit]!), true, on);
  }
  const points = values.shape[0]!;
  on.width = on.height = side * 2; // which empties it
  const context = on.getContext("2d")!;
  context.scale(2, 2);
  context.fillStyle = palette.card;
  context.fillRect(0, 0, side, side);
  const y = (value: number) => side / 2 - (most > 0 ? (value / most) * side * 0.42 : 0);
  context.strokeStyle = palette.line;
  context.beginPath();
  context.moveTo(0, side / 2);
  context.lineTo(side, side / 2);
  context.stroke();
  context.lineWidth = 2;
  for (let i = 1; i < points; i++) {
    const [from, to] = [values.data[(i - 1) * units + unit]!, values.data[i * units + unit]!];
    context.strokeStyle = from + to < 0 ? palette.minus : palette.plus;
    context.beginPath();
    context.moveTo(((i - 1) / (points - 1)) * side, y(from));
    context.lineTo((i / (points - 1)) * side, y(to));
    context.stroke();
  }
  return on;
}
