// How an array of any number of axes lies as cells in rows and columns: pictures and filters as the tiles they are.

export interface Cells {
  rows: number;
  columns: number;
  /** The place in the array of the cell at a row and a column. */
  flat(row: number, column: number): number;
  /** The row and the column of a place in the array. */
  cell(flat: number): [number, number];
}

/** (height, width, channels): the channels side by side; (height, width, in, out): a tile for each in, below, and out. */
export function cells(shape: number[]): Cells {
  const sizes = shape.length > 2 && shape.length < 5 ? shape : [];
  const [high, wide, into, out] = sizes.length === 3 ? [sizes[0]!, sizes[1]!, 1, sizes[2]!] : (sizes as [number, number, number, number]);
  if (!sizes.length) {
    const columns = Math.max(1, shape.at(-1) ?? 1);
    const rows = Math.max(1, shape.slice(0, -1).reduce((size, each) => size * each, 1));
    return { rows, columns, flat: (row, column) => row * columns + column, cell: (flat) => [Math.floor(flat / columns), flat % columns] };
  }
  return {
    rows: high * into,
    columns: wide * out,
    flat: (row, column) => (((row % high) * wide + (column % wide)) * into + Math.floor(row / high)) * out + Math.floor(column / wide),
    cell(flat) {
      const [to, rest] = [flat % out, Math.floor(flat / out)];
      const [from, pixel] = [rest % into, Math.floor(rest / into)];
      return [from * high + Math.floor(pixel / wide), to * wide + (pixel % wide)];
    },
  };
}

/** The index of a place in an array, axis by axis. */
export function indexOf(flat: number, shape: number[]): number[] {
  const index: number[] = [];
  for (const size of [...shape].reverse()) {
    index.unshift(flat % size);
    flat = Math.floor(flat / size);
  }
  return index;
}
