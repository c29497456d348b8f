import { expect, test } from "vitest";
import { drawn, nearestEdge, REACH } from "../src/drawing";
import type { DrawnColumn } from "../src/protocol";
import { BIAS, UNIT, walked } from "../src/walk";

function columns(...units: number[]): DrawnColumn[] {
  return units.map((many, place) => ({
    label: "", units: many, names: [], weight: place ? `${place}.weight` : null, bias: place ? `${place}.bias` : null, sum: null, out: null, activation: null,
  }));
}

test("of several lines a pointer takes the nearest, and from far away none", () => {
  const { edges } = drawn(columns(2, 8, 8, 1), 900, 100);
  for (const edge of edges) {
    const [x, y] = [edge.points[2]!, edge.points[3]!];
    const found = nearestEdge(edges, x, y)!;
    // Another may cross here, but then it is on the same place.
    const away = Math.min(...Array.from({ length: found.points.length / 2 }, (_, i) => Math.hypot(found.points[2 * i]! - x, found.points[2 * i + 1]! - y)));
    expect(found === edge || away < 6).toBe(true);
  }
  const [one] = drawn(columns(1, 1), 600, 100).edges;
  const [x, y] = [one!.points[24]!, one!.points[25]!];
  expect(nearestEdge([one!], x, y + REACH - 0.1)).toBe(one);
  expect(nearestEdge([one!], x, y + REACH + 0.1)).toBeNull();
});

test("arrows walk along the network and along what leads into a neuron", () => {
  const net = columns(2, 3, 1);
  expect(walked(net, { column: 0, unit: 1, from: UNIT }, "ArrowRight")).toEqual({ column: 1, unit: 1, from: UNIT });
  expect(walked(net, { column: 1, unit: 2, from: UNIT }, "ArrowRight")).toEqual({ column: 2, unit: 0, from: UNIT });
  expect(walked(net, { column: 1, unit: 2, from: 1 }, "ArrowRight")).toEqual({ column: 1, unit: 2, from: BIAS });
  expect(walked(net, { column: 1, unit: 2, from: BIAS }, "ArrowLeft")).toEqual({ column: 1, unit: 2, from: 1 });
  expect(walked(net, { column: 1, unit: 2, from: 0 }, "Escape")).toEqual({ column: 1, unit: 2, from: UNIT });
  expect(walked(net, { column: 1, unit: 2, from: 0 }, "x")).toBeNull();
});
