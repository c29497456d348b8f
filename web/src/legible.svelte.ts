// Text of what moves: a canvas shows every frame of a training, words and figures as many as can be read.

/** Milliseconds from one beat to the next: five frames. */
export const BEAT = 160;

interface Moving {
  readonly beat: number; // counts the times that all text is written anew while the network trains
  readonly moving: boolean;
}

/** What text says: the newest; but while the network trains the newest of the last beat, which is the same for all text. */
export function legible<Value>(of: Moving, read: () => Value): { readonly now: Value } {
  let [last, due, kept] = [-1, 0, undefined as Value];
  const found = $derived.by(() => {
    const newest = read();
    const now = performance.now();
    if (!of.moving || of.beat !== last || now >= due) [last, due, kept] = [of.beat, now + BEAT, newest];
    return kept;
  });
  return {
    get now() {
      return found;
    },
  };
}
