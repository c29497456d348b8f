// Walking the drawn network by keys: from neuron to neuron, and among what leads into one.

import type { DrawnColumn } from "./protocol";

/** On a neuron (`from` UNIT), its bias (BIAS), or the weight that leads to it from unit `from` of the column before. */
export interface Place {
  column: number;
  unit: number;
  from: number;
}
export const UNIT = -2;
export const BIAS = -1;

export const idOf = ({ column, unit, from }: Place) => `gear-${column}-${unit}-${from}`;

/** The weight or bias at a place; null on a neuron. */
export function parameterAt(columns: DrawnColumn[], { column, unit, from }: Place): { path: string; index: number[] } | null {
  const told = columns[column]!;
  if (from >= 0 && told.weight) return { path: told.weight, index: [from, unit] };
  return from === BIAS && told.bias ? { path: told.bias, index: [unit] } : null;
}

/** Where a key leads; null where it leads nowhere. Left and right go along the network, or along what leads into a neuron. */
export function walked(columns: DrawnColumn[], { column, unit, from }: Place, key: string): Place | null {
  if (from === UNIT) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (!by) return null;
    const to = Math.min(columns.length - 1, Math.max(0, column + by[0]!));
    return { column: to, unit: Math.min(columns[to]!.units - 1, Math.max(0, unit + by[1]!)), from: UNIT };
  }
  const first = columns[column]!.bias ? BIAS : 0;
  const last = columns[column - 1]!.units - 1;
  if (key === "ArrowLeft") return { column, unit, from: from === first ? last : from - 1 };
  if (key === "ArrowRight") return { column, unit, from: from === last ? first : from + 1 };
  return key === "Escape" ? { column, unit, from: UNIT } : null;
}
