// Where each unit and each weight of a plain chain of layers stands in the picture.

import { subscript } from "./figures";
import type { DrawnColumn } from "./protocol";

export interface Unit {
  column: number;
  unit: number;
  x: number;
  y: number;
}
export interface Edge {
  column: number; // the column it leads to
  from: number;
  to: number;
  path: string; // of the drawn line
  points: Float64Array; // x, y of places along it, for what is near
  x: number; // its middle, where its value is shown
  y: number;
}
export interface Drawing {
  width: number;
  height: number;
  side: number; // of a unit's square
  units: Unit[][];
  edges: Edge[];
}

const TALL = 500; // about the height of a picture with many units

/** More units of a layer than this are drawn as a matrix; of inputs, which have names to be read, there may be more. */
export const MOST = 10;
export const MOST_INPUTS = 16;

export function drawable(columns: DrawnColumn[]): boolean {
  return columns.length > 1 && columns.every((column, place) => column.units <= (place ? MOST : MOST_INPUTS));
}

/** What a unit is called: by its own name where it has one, else by the letters of books. */
export function unitName(columns: DrawnColumn[], column: number, unit: number): string {
  const letter = column === 0 ? "x" : column === columns.length - 1 ? "y" : "h";
  return columns[column]!.names[unit] || `${letter}${subscript(unit)}`;
}

/** What a weight leads from and to, or whose bias it is; "" for what is no part of the drawing. */
export function weightName(columns: DrawnColumn[], path: string, index: number[]): string {
  for (const [place, column] of columns.entries()) {
    if (column.weight === path) return `${unitName(columns, place - 1, index[0]!)} → ${unitName(columns, place, index[1]!)}`;
    if (column.bias === path) return `bias of ${unitName(columns, place, index[0]!)}`;
  }
  return "";
}

/** `names` is the room left of the inputs and right of the outputs; where it is narrow their names stand `above` them. */
export function drawn(columns: DrawnColumn[], width: number, names: number, above = false): Drawing {
  const most = Math.max(...columns.map((column) => column.units));
  const room = Math.max(58, (width - 2 * names) / Math.max(1, columns.length - 1));
  const side = Math.max(24, Math.min(88, room * 0.34, TALL / most - 20));
  const pitch = side + (most > MOST ? 15 : 20);
  const top = 34;
  const above_of = (place: number) => (above && (place === 0 || place === columns.length - 1) ? 19 : 0);
  const tall = Math.max(...columns.map((column, place) => column.units * (pitch + above_of(place))));
  const height = Math.max(most < 3 ? 200 : 300, top + tall + 12);
  const units = columns.map((column, place) => {
    const x = names + (place * (width - 2 * names)) / Math.max(1, columns.length - 1);
    // Beside a tall column a short one has room to spread.
    const apart = most > MOST ? Math.max(pitch, Math.min(side + 34, (height - top - 12) / column.units)) : pitch + above_of(place);
    const begin = top + (height - top - 12 - column.units * apart) / 2 + apart / 2;
    return Array.from({ length: column.units }, (_, unit) => ({ column: place, unit, x, y: begin + unit * apart - 7 }));
  });
  const edges = columns.flatMap((column, place) =>
    place === 0 || column.weight === null
      ? []
      : units[place]!.flatMap((to) => units[place - 1]!.map((from) => edge(from, to, side))),
  );
  return { width, height, side, units, edges };
}

const PARTS = 24; // straight pieces that a curve is taken for
/** A line within so many pixels of a pointer can be taken; of several the nearest. */
export const REACH = 12;

function edge(from: Unit, to: Unit, side: number): Edge {
  const [x0, x1] = [from.x + side / 2, to.x - side / 2];
  const bend = (x1 - x0) * 0.45;
  // A cubic curve that leaves and arrives level: both inner points have the heights of the ends.
  const along = (t: number): [number, number] => {
    const u = 1 - t;
    const x = u ** 3 * x0 + 3 * u * u * t * (x0 + bend) + 3 * u * t * t * (x1 - bend) + t ** 3 * x1;
    return [x, from.y + (to.y - from.y) * (3 * t * t - 2 * t ** 3)];
  };
  const share = to.unit % 2 ? 0.4 : 0.6; // values of neighbours do not cover one another
  return {
    column: to.column,
    from: from.unit,
    to: to.unit,
    path: `M${x0} ${from.y}C${x0 + bend} ${from.y} ${x1 - bend} ${to.y} ${x1} ${to.y}`,
    points: Float64Array.from({ length: 2 * PARTS + 2 }, (_, i) => along(Math.floor(i / 2) / PARTS)[i % 2]!),
    x: x0 + (x1 - x0) * share,
    y: from.y + (to.y - from.y) * (3 * share ** 2 - 2 * share ** 3),
  };
}

/** The line nearest to a place, of those within reach; null where there is none. */
export function nearestEdge(edges: Edge[], x: number, y: number): Edge | null {
  let [found, least]: [Edge | null, number] = [null, REACH];
  for (const edge of edges) {
    const away = distance(edge.points, x, y);
    if (away <= least) [found, least] = [edge, away];
  }
  return found;
}

function distance(points: Float64Array, x: number, y: number): number {
  let least = Infinity;
  for (let i = 0; i + 3 < points.length; i += 2) {
    const [x0, y0] = [points[i]!, points[i + 1]!];
    const [across, down] = [points[i + 2]! - x0, points[i + 3]! - y0];
    const share = Math.min(1, Math.max(0, ((x - x0) * across + (y - y0) * down) / (across * across + down * down || 1)));
    least = Math.min(least, Math.hypot(x - x0 - share * across, y - y0 - share * down));
  }
  return least;
}

/** Width of a line by magnitude: the root, so that small ones are still seen. */
export function width(value: number, most: number): number {
  return Number.isFinite(value) && most > 0 ? 1.2 + 5.8 * Math.sqrt(Math.abs(value) / most) : 7;
}

/** Width by the logarithm of the magnitude, over four powers of ten: gradients differ by that much. */
export function logWidth(value: number, most: number): number {
  if (!Number.isFinite(value) || most === 0) return 7;
  return 1.2 + 5.8 * Math.max(0, 1 + Math.log10(Math.abs(value) / most + 1e-12) / 4);
}
