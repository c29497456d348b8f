// Text of what moves: a canvas shows every frame of a training, words and figures as many as can be read.

/** Milliseconds from one beat to the next: five frames. */
export const BEAT = 160;

interface Moving {
  readonly beat: number; // counts the times that all text is written anew while the network trains
  readonly moving: boolean;
}

/**
 * What text says: the newest; but while the network trains the newest of the last beat, which is the same for all text.
 *
 * `what`: what it is the value of, where that may become another: of another, the value of before is never shown.
 */
export function legible<Value>(of: Moving, read: () => Value, what: () => unknown = () => null): { readonly now: Value } {
  let [last, due, kept, name] = [-1, 0, undefined as Value, undefined as unknown];
  const found = $derived.by(() => {
    const newest = read();
    const [now, here] = [performance.now(), what()];
    if (!of.moving || of.beat !== last || now >= due || here !== name) [last, due, kept, name] = [of.beat, now + BEAT, newest, here];
    return kept;
  });
  return {
    get now() {
      return found;
    },
  };
}
