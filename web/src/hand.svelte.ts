// A weight in the hand: where it was, where it is moved to, and what that did to the loss.

import { at } from "./arrays";
import { Latest } from "./latest";
import type { Command, Edited } from "./protocol";
import type { Told } from "./told.svelte";

export interface Weight {
  path: string;
  index: number[];
}
/** How the loss of all training rows moved by the last change by hand. */
export interface Moved extends Weight {
  before: number | null;
  after: number | null;
}
type Move = Weight & { value: number; more: boolean };

export class Hand {
  /** The weight that is in somebody's hand, at the value it was moved to. */
  held = $state.raw<(Weight & { value: number }) | null>(null);
  moved = $state.raw<Moved | null>(null);
  /** How many edits there are to take back, and to make again. */
  edits = $state.raw({ undo: 0, redo: 0 });

  private originals = new Map<string, number>();
  private moving = new Latest((move: Move) => this.send(move));

  /** `done` is told of every edit that was made. */
  constructor(
    private told: Told,
    private ask: (command: Command) => Promise<Edited | null>,
    private done: (edited: Edited) => void,
  ) {}

  /** The value of a weight, as the hand has it where it is in one. */
  weight(path: string | null, index: number[]): number | undefined {
    if (path === null) return undefined;
    const held = this.held;
    if (held && held.path === path && held.index.join() === index.join()) return held.value;
    return at(this.told.weights[path], ...index);
  }

  /** `more`: of the same drag as the edit before. */
  edit(path: string, index: number[], value: number, more = false): void {
    if (this.told.scene?.kept) return; // a file: nobody would compute what comes of it
    const key = `${path}[${index}]`;
    const before = this.weight(path, index);
    if (before !== undefined && !this.originals.has(key)) this.originals.set(key, before);
    this.held = { path, index, value };
    this.moving.run({ path, index, value, more });
  }

  /** Give a weight back the value it had before it was first changed by hand. */
  restore(path: string, index: number[]): void {
    const key = `${path}[${index}]`;
    const before = this.originals.get(key);
    if (before === undefined) return;
    this.edit(path, index, before);
    this.originals.delete(key);
  }

  async undo(way: "undo" | "redo"): Promise<void> {
    const edited = await this.ask({ do: way });
    if (edited) this.show(edited);
  }

  /** Another network is on show: nothing of this one can be put back. */
  forget(): void {
    this.originals.clear();
    this.moved = null;
  }

  private async send({ path, index, value, more }: Move): Promise<void> {
    const edited = await this.ask({ do: "edit", path, index, value, more });
    if (edited) this.show(edited);
    if (this.held?.value === value) this.held = null;
  }

  private show(edited: Edited): void {
    const { path, index, after } = edited;
    const array = this.told.weights[path];
    if (array) {
      const data = array.data.slice();
      data[index.reduce((offset, each, axis) => offset * (array.shape[axis] ?? 0) + each, 0)] = after;
      this.told.weights = { ...this.told.weights, [path]: { ...array, data } };
    }
    this.moved = { path, index, before: edited.loss_before, after: edited.loss };
    this.edits = { undo: edited.undo, redo: edited.redo };
    this.done(edited);
  }
}
