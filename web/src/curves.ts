// Records of a training as they come: frames bring only what is new, and are joined to what is there.

import type { Curves, NumberArray } from "./protocol";

/** What is known together with what came; records after `came.since` are taken from what came. */
export function joined(known: Curves | null, came: Curves): Curves {
  if (!known || known.branch !== came.branch || came.since < 0) return came;
  const loss = kept(known.loss.step, came.since);
  const batch = kept(known.batch.step, came.since);
  return {
    ...came,
    since: known.since,
    loss: {
      step: both(known.loss.step, came.loss.step, loss),
      training: both(known.loss.training, came.loss.training, loss),
      held_out: both(known.loss.held_out, came.loss.held_out, loss),
    },
    metrics: each(known.metrics, came.metrics, loss),
    batch: {
      step: both(known.batch.step, came.batch.step, batch),
      loss: both(known.batch.loss, came.batch.loss, batch),
    },
    vitals: came.vitals.map((told) => {
      const before = known.vitals.find((layer) => layer.path === told.path);
      if (!before) return told;
      const count = kept(before.step, came.since);
      return { ...told, step: both(before.step, told.step, count), values: each(before.values, told.values, count) };
    }),
  };
}

function kept(steps: NumberArray, since: number): number {
  let count = steps.data.length;
  while (count > 0 && steps.data[count - 1]! > since) count -= 1;
  return count;
}

function both(known: NumberArray | undefined, came: NumberArray, count: number): NumberArray {
  const data = new Float64Array(count + came.data.length);
  if (known) data.set(known.data.subarray(0, count));
  else data.fill(NaN, 0, count);
  data.set(came.data, count);
  return { shape: [data.length], type: "f8", data };
}

function each(known: Record<string, NumberArray>, came: Record<string, NumberArray>, count: number) {
  return Object.fromEntries(Object.entries(came).map(([name, told]) => [name, both(known[name], told, count)]));
}

const PEAK = 30;

/** Whether a peak presses all else flat: its height is many times the median, and all that there is has a logarithm. */
export function peaked(curves: ArrayLike<number>[]): boolean {
  const known = curves.flatMap((curve) => Array.from(curve)).filter(Number.isFinite).sort((one, other) => one - other);
  return known[0]! > 0 && known.at(-1)! > PEAK * known[known.length >> 1]!;
}
