// How a boundary, a fitted curve and the rows on them are painted.

import { range } from "./arrays";
import { CLASSES, classColour, css, heightScale, mixed, rgb, type Palette, type Rgb } from "./colour";
import { pixels, spread } from "./pixels";
import type { Boundary, RowsDrawn } from "./protocol";
import { outline } from "./shapes";

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  x: (value: number) => number;
  y: (value: number) => number;
  low: number; // of what goes up
  high: number;
}

/** Where the picture of a boundary stands on its canvas. */
export function frame(told: Boundary, width: number, height: number): Frame {
  const [across, up] = told.axes;
  let [low, high] = up ? [up.low, up.high] : range(told.outputs.data, told.rows?.target.data ?? []);
  if (!up) {
    const margin = (high - low) * 0.08 || 0.5;
    [low, high] = [low - margin, high + margin];
  }
  const inner = { left: 44, top: 8, width: width - 54, height: height - 34 };
  return {
    ...inner, low, high,
    x: (value) => inner.left + ((value - across!.low) / (across!.high - across!.low)) * inner.width,
    y: (value) => inner.top + inner.height - ((value - low) / (high - low)) * inner.height,
  };
}

/** Of several outputs one alone, with its own targets, as a map of one output; of classes all belong together. */
export function ofOutput(told: Boundary, output: number): Boundary {
  const many = told.outputs.shape.at(-1)!;
  if (told.classes || many < 2) return told;
  const { rows } = told;
  const every = rows && rows.target.shape.length > 1 ? rows.target.shape[1]! : 1;
  return {
    ...told,
    outputs: { ...told.outputs, shape: [...told.outputs.shape.slice(0, -1), 1], data: column(told.outputs.data, many, output) },
    rows: rows && { ...rows, target: { ...rows.target, shape: [rows.target.shape[0]!], data: column(rows.target.data, every, Math.min(output, every - 1)) } },
  };
}

function column(numbers: ArrayLike<number>, many: number, place: number): Float64Array {
  return Float64Array.from({ length: numbers.length / many }, (_, i) => numbers[i * many + place]!);
}

/** Where in its part the row is that is drawn at a place, and of which part it is: what selects it. */
export function selects(rows: RowsDrawn, row: number): { part: "training" | "held_out"; example: number } {
  return { part: rows.parts.data[row] === 0 ? "training" : "held_out", example: rows.examples.data[row]! };
}

/** Which drawn row is selected; null where it is none of them. */
export function drawnRow(rows: RowsDrawn, part: string, example: number): number | null {
  for (let row = 0; row < rows.examples.data.length; row++) {
    const each = selects(rows, row);
    if (each.part === part && each.example === example) return row;
  }
  return null;
}

/** The colour of the answer at one point of the plane: of the classes by their probabilities, or of the height. */
export function planeColour(told: Boundary, palette: Palette): (row: number, column: number) => Rgb {
  const [, across, outputs] = told.outputs.shape as [number, number, number];
  const numbers = told.outputs.data;
  const paper = rgb(palette.card);
  if (!told.classes) {
    const height = heightScale(...range(numbers, told.rows?.target.data ?? []));
    return (row, column) => height(numbers[(row * across + column) * outputs]!);
  }
  const classes = told.classes.data;
  const colours = CLASSES.map(rgb);
  return (row, column) => {
    const place = row * across + column;
    const winner = classes[place]!;
    // The winner's share above chance decides how strong its colour is: pale where the network is unsure.
    const share = outputs > 1 ? (numbers[place * outputs + winner]! - 1 / outputs) / (1 - 1 / outputs) : 0.5;
    if (!Number.isFinite(share)) return [255, 0, 255];
    return mixed(paper, colours[winner % colours.length]!, 0.12 + 0.48 * Math.max(0, share));
  };
}

export function paintPlane(context: CanvasRenderingContext2D, told: Boundary, place: Frame, palette: Palette): void {
  const [up, across] = told.outputs.shape as [number, number];
  context.imageSmoothingQuality = "high";
  const [[left, width], [top, height]] = [spread(across, place.width), spread(up, place.height)];
  context.drawImage(pixels(up, across, planeColour(told, palette), true), place.left + left, place.top + top, width, height);
}

/** The fitted curve, or of classes the curve of each one's probability. */
export function paintCurve(context: CanvasRenderingContext2D, told: Boundary, place: Frame, palette: Palette): void {
  const [points, outputs] = told.outputs.shape as [number, number];
  const { low, high } = told.axes[0]!;
  for (let output = 0; output < outputs; output++) {
    context.beginPath();
    for (let i = 0; i < points; i++) {
      const x = place.x(low + ((high - low) * i) / (points - 1));
      context.lineTo(x, place.y(told.outputs.data[i * outputs + output]!));
    }
    context.strokeStyle = told.classes ? classColour(output) : palette.accent;
    context.lineWidth = 3;
    context.stroke();
  }
}

/** The square on each row's distance to the curve: what the squared error adds up. For a curve of one column only. */
export function paintSquares(context: CanvasRenderingContext2D, told: Boundary, place: Frame, palette: Palette): void {
  const { rows, outputs } = told;
  const { low, high } = told.axes[0]!;
  if (!rows || told.classes) return;
  const points = outputs.shape[0]!;
  context.fillStyle = `${palette.accent}22`;
  context.strokeStyle = `${palette.accent}88`;
  context.lineWidth = 1;
  for (let row = 0; row < rows.target.data.length; row++) {
    if (rows.parts.data[row] !== 0) continue;
    const value = rows.coordinates.data[row]!;
    const at = ((value - low) / (high - low)) * (points - 1);
    const i = Math.max(0, Math.min(points - 2, Math.floor(at)));
    const curve = outputs.data[i]! + (outputs.data[i + 1]! - outputs.data[i]!) * (at - i);
    const [x, from, to] = [place.x(value), place.y(rows.target.data[row]!), place.y(curve)];
    const side = Math.abs(from - to);
    const left = besides(x, side, place);
    context.fillRect(left, Math.min(from, to), side, side);
    context.strokeRect(left, Math.min(from, to), side, side);
  }
}

/** Where a square on the right of a row begins; on its left where the picture would cut it, and there is more room. */
export function besides(x: number, side: number, place: { left: number; width: number }): number {
  const right = place.left + place.width - x;
  return side <= right || x - place.left <= right ? x : x - side;
}

export function paintRows(
  context: CanvasRenderingContext2D, told: Boundary, place: Frame, palette: Palette, chosen: number | null,
): void {
  const rows = told.rows;
  if (!rows) return;
  const plane = told.axes.length > 1;
  const size = rows.target.data.length > 400 ? 3 : 4.5;
  const height = plane && !told.classes ? heightScale(...range(told.outputs.data, rows.target.data)) : null;
  for (let row = 0; row < rows.target.data.length; row++) {
    const [x, y] = spot(told, place, row);
    if (Number.isNaN(x + y)) continue; // a value is missing there
    const target = rows.target.data[row]!;
    const colour = told.classes ? classColour(target) : height ? css(height(target)) : palette.ink;
    const path = new Path2D(outline(told.classes ? target : 0, row === chosen ? size * 1.7 : size));
    context.save();
    context.translate(x, y);
    context.lineWidth = 1.6;
    if (rows.parts.data[row] === 0) {
      context.fillStyle = colour;
      context.strokeStyle = row === chosen ? palette.ink : palette.rim;
      context.fill(path);
    } else {
      context.fillStyle = palette.card;
      context.strokeStyle = colour;
      context.fill(path);
    }
    context.stroke(path);
    if (row === chosen) {
      context.strokeStyle = palette.ink;
      context.lineWidth = 2;
      context.stroke(new Path2D(outline(0, size * 2.6)));
    }
    context.restore();
  }
}

/** Where a row stands; along a curve of classes at the height of its own class: 1. */
export function spot(told: Boundary, place: Frame, row: number): [number, number] {
  const rows = told.rows!;
  if (told.axes.length > 1) return [place.x(rows.coordinates.data[2 * row]!), place.y(rows.coordinates.data[2 * row + 1]!)];
  return [place.x(rows.coordinates.data[row]!), place.y(told.classes ? 1 : rows.target.data[row]!)];
}

export function nearest(told: Boundary, place: Frame, x: number, y: number, reach: number): number | null {
  let [best, found] = [reach * reach, null as number | null];
  for (let row = 0; row < (told.rows?.target.data.length ?? 0); row++) {
    const [at, up] = spot(told, place, row);
    const far = (at - x) ** 2 + (up - y) ** 2;
    if (far <= best) [best, found] = [far, row];
  }
  return found;
}
