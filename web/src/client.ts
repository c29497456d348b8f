// Requests and their answers over a model, notebook's or page's: ids, revisions, and frames acknowledged once drawn.

import { bufferOf, unpacked } from "./arrays";
import type { Command, Company, FaultTold, Frame, Incoming, JobTold, Model, SceneChanged } from "./protocol";

/** Commands after which answers to earlier requests tell of a state that is gone. */
const CHANGES = new Set<Command["do"]>([
  "edit", "undo", "redo", "step", "seek", "reset", "new_start", "shape", "load", "select", "apply_fix",
  "lesson", "predict",
]);

/** Python refused, and says in `message` what can be done. */
export class Refused extends Error {
  constructor(message: string, readonly fault: boolean) {
    super(message);
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(reason: Refused): void;
  change: boolean;
}

export interface Listeners {
  frame(frame: Frame): void;
  scene(told: SceneChanged): void;
  job(told: JobTold): void;
  fault(told: FaultTold): void;
  company(told: Company): void;
}

export class Client {
  private last = 0;
  private asked = 0; // changes asked for
  private shown = 0; // the newest change of which the page shows something
  private waiting = new Map<number, Waiting>();

  constructor(private model: Model, private listeners: Listeners, private drawn: (then: () => void) => void) {
    model.on("msg:custom", this.receive);
  }

  /** The answer of Python; null where a newer request of the same kind took its place, or a later change is on show. */
  ask<Result>(command: Command, buffers: ArrayBuffer[] = []): Promise<Result | null> {
    const change = CHANGES.has(command.do);
    if (change) this.asked += 1;
    const id = ++this.last;
    const answer = new Promise<Result | null>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject, change });
    });
    this.model.send({ id, revision: this.asked, ...command }, undefined, buffers);
    return answer;
  }

  /** Forget what was asked before the connection was lost: nobody answers it. */
  forget(): void {
    for (const waiting of this.waiting.values()) waiting.resolve(null);
    this.waiting.clear();
    this.asked = this.shown = 0;
  }

  close(): void {
    this.model.off("msg:custom", this.receive);
    this.forget();
  }

  private receive = (content: Incoming, views: DataView[]): void => {
    const told = unpacked(content, views.map(bufferOf)) as Incoming;
    if (!("push" in told)) return this.answered(told);
    if (told.push === "scene") this.listeners.scene(told);
    else if (told.push === "job") this.listeners.job(told);
    else if (told.push === "fault") this.listeners.fault(told);
    else if (told.push === "company") this.listeners.company(told);
    else {
      if (told.revision >= this.shown) {
        this.shown = told.revision;
        this.listeners.frame(told);
      }
      // Acknowledged once it is on the screen: a page that cannot keep up, or is hidden, is sent no more than it draws.
      this.drawn(() => this.model.send({ id: ++this.last, revision: this.asked, do: "ack", frame: told.frame }));
    }
  };

  private answered(told: Exclude<Incoming, { push: string }>): void {
    const waiting = this.waiting.get(told.id);
    this.waiting.delete(told.id);
    if (!waiting) return;
    if ("error" in told) waiting.reject(new Refused(told.error.message, told.error.kind === "fault"));
    else if ("superseded" in told || told.revision < this.shown) waiting.resolve(null);
    else {
      if (waiting.change) this.shown = told.revision;
      waiting.resolve(told.result);
    }
  }
}
