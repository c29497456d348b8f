// What Python has said: the scene, the newest of every view, and what of it goes when another network comes.

import { joined } from "./curves";
import { BEAT } from "./legible.svelte";
import type {
  Attention, Boundary, Capacity, Curves, Examined, Forward, Frame, JobTold, Landscape, Lesson, Norms, NumberArray, Responses, Rows,
  Scene, Sentence, Stepped, Time, What,
} from "./protocol";

export class Told {
  scene = $state.raw<Scene | null>(null);
  time = $state.raw<Time | null>(null);
  forward = $state.raw<Forward | null>(null);
  weights = $state.raw<Record<string, NumberArray>>({});
  gradients = $state.raw<Record<string, NumberArray>>({});
  boundary = $state.raw<Boundary | null>(null);
  responses = $state.raw<Responses | null>(null);
  rows = $state.raw<Rows | null>(null);
  curves = $state.raw<Curves | null>(null);
  norms = $state.raw<Norms | null>(null);
  attention = $state.raw<Attention | null>(null);
  what = $state.raw<What | null>(null);
  sentence = $state.raw<Sentence | null>(null);
  stepped = $state.raw<Stepped | null>(null);
  jobs = $state.raw<Record<number, JobTold>>({});
  landscape = $state.raw<Landscape | null>(null);
  capacity = $state.raw<Capacity | null>(null);
  lesson = $state.raw<Lesson | null>(null);
  findings = $state.raw<Examined | null>(null);
  /** Counts the times that text is written anew while the network trains; see `legible`. */
  beat = $state(0);
  private due = 0;

  protected beats(): void {
    const now = performance.now();
    if (now < this.due) return;
    this.beat += 1;
    this.due = now + BEAT;
  }

  /** The last job of a kind. */
  job(what: JobTold["what"]): JobTold | undefined {
    return Object.values(this.jobs).findLast((job) => job.what === what);
  }

  protected take(frame: Partial<Frame>): void {
    if (frame.forward) this.forward = frame.forward;
    if (frame.weights) this.weights = frame.weights;
    if (frame.gradients) this.gradients = frame.gradients;
    if (frame.boundary) this.boundary = frame.boundary;
    if (frame.responses) this.responses = frame.responses;
    if (frame.rows) this.rows = frame.rows;
    if (frame.norms) this.norms = frame.norms;
    if (frame.attention) this.attention = frame.attention;
  }

  /** Join what was recorded since; whether it is of another branch, of which the page then has only the end. */
  protected record(came: Curves): boolean {
    const another = this.curves?.branch !== came.branch;
    this.curves = joined(this.curves, came);
    return another && came.since >= 0;
  }

  protected finish(told: JobTold): void {
    this.jobs = { ...this.jobs, [told.job]: told };
    if (told.state !== "done" || !told.result) return;
    if (told.what === "landscape") this.landscape = told.result as Landscape;
    if (told.what === "capacity") this.capacity = told.result as Capacity;
  }

  /** Forget what was said of a network that is not on show any more. */
  protected forget(): void {
    this.weights = this.gradients = {};
    this.jobs = {};
    this.forward = this.boundary = this.responses = this.rows = this.curves = this.norms = this.attention = null;
    this.what = this.sentence = this.stepped = this.landscape = this.capacity = this.findings = null;
  }
}
