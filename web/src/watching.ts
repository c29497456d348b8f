// What frames carry: the views that are open. Of a training those that are dear to make are asked for now and then instead.

import { Latest } from "./latest";
import type { Command, Frame, Watch } from "./protocol";

/** Dear to make: were they in every frame of a training, frames could not come thirty times a second. */
const DEAR = ["boundary", "rows", "norms", "attention"] as const;
const NOW_AND_THEN = 120; // milliseconds from one time to the next, at least
const SHARE = 0.05; // of the time that they may take
/** All that a first frame of a network with many weights carries: the rest, and the losses, come when it is on the screen. */
const FIRST = { forward: { blame: false } };

export interface Watched {
  /** Whether there is somebody to tell. */
  ready(): boolean;
  training(): boolean;
  /** Whether the first frame should not wait for all views. */
  large(): boolean;
  ask(command: Command): Promise<unknown>;
  take(views: Partial<Frame>): void;
}

export class Watching {
  private wanted = new Map<keyof Watch, Watch[keyof Watch]>();
  private telling = false;
  private begun = false; // whether a frame has come
  private asked = 0; // how often was told what is wanted: of several answers on the way the newest counts
  /** Whether frames carry all that is wanted now. */
  told = false;
  private took = 0; // milliseconds that the dear views took last
  private asking = new Latest(() => this.askDear(), () => Math.max(NOW_AND_THEN, this.took / SHARE));

  constructor(private of: Watched) {}

  /** Have a view carried by frames until the returned function is called. */
  want<View extends keyof Watch>(view: View, how: Watch[View]): () => void {
    this.wanted.set(view, how);
    this.tell();
    return () => {
      if (this.wanted.get(view) !== how) return;
      this.wanted.delete(view);
      this.tell();
    };
  }

  /** Tell Python what is wanted: all that was opened and closed in one go at once. */
  tell(): void {
    if (this.telling) return;
    this.telling = true;
    this.told = false;
    queueMicrotask(() => {
      this.telling = false;
      if (!this.of.ready()) return;
      if (!this.begun && this.of.large()) return void this.of.ask({ do: "watch", views: FIRST });
      const dear = new Set<string>(this.of.training() ? DEAR : []);
      const views = Object.fromEntries([...this.wanted].filter(([view]) => !dear.has(view)));
      const asked = (this.asked += 1);
      void this.of.ask({ do: "watch", views }).then(() => (this.told = asked === this.asked && !this.telling));
    });
  }

  /** A frame came: after the first all views are due, and of a training the dear ones may be. */
  frame(): void {
    if (!this.begun) {
      this.begun = true;
      if (this.of.large()) requestAnimationFrame(() => setTimeout(() => this.tell()));
    }
    if (this.of.training()) this.asking.run(undefined);
  }

  private async askDear(): Promise<void> {
    const began = performance.now();
    for (const view of DEAR) {
      const how = this.wanted.get(view);
      if (!how || !this.of.training()) continue;
      const told = await this.of.ask({ do: view, ...(how === true ? {} : how) } as Command);
      if (told) this.of.take({ [view]: told });
    }
    this.took = performance.now() - began;
  }
}
