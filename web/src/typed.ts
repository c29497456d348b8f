// A row that is typed: that of the selected example, with some columns set by hand.

import type { Forward } from "./protocol";

/** What the network is asked about. A column that is empty in the row stays empty: nothing usual is put there. */
export function aRowWith(told: Forward | null, set: Record<string, number | string>): Record<string, number | string | null> {
  return { ...Object.fromEntries((told?.row ?? []).map(({ column, value }) => [column, value])), ...set };
}
