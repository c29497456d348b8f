// What the page knows: the scene, the newest frame, and the one example, parameter and number that all views follow.

import { getContext, setContext } from "svelte";
import { at } from "./arrays";
import { Client, Refused } from "./client";
import { DARK, LIGHT, type Palette } from "./colour";
import { joined } from "./curves";
import { Latest } from "./latest";
import { lessonsOf, type Asked, type Lesson, type Lessoned } from "./lesson";
import type { Line } from "./model";
import type {
  Attention, Boundary, Capacity, Change, Command, Curves, Edited, Exported, FindingTold, Forward, Frame, JobTold, Landscape, Model, Norms,
  NumberArray, Responses, Rows, Scene, Selection, Sentence, Source, Stepped, StepSize, Time, Watch, What,
} from "./protocol";

export interface Weight {
  path: string;
  index: number[];
}
/** How the loss of all training rows moved by the last change by hand. */
export interface Moved extends Weight {
  before: number | null;
  after: number | null;
}

/** Steps a second at which the ladder's networks are seen to learn. */
const WATCHED = 60;

export class Studio {
  line = $state<Line>("connecting");
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
  moved = $state.raw<Moved | null>(null);
  edits = $state.raw({ undo: 0, redo: 0 });
  jobs = $state.raw<Record<number, JobTold>>({});
  landscape = $state.raw<Landscape | null>(null);
  capacity = $state.raw<Capacity | null>(null);
  lesson = $state.raw<Lesson | null>(null);
  findings = $state.raw<{ findings: FindingTold[]; sentence: string } | null>(null);
  complaint = $state<string | null>(null);
  speed = $state<number | null>(null);
  dark = $state(false);
  /** The weight that is in somebody's hand, at the value it was moved to. */
  hand = $state.raw<(Weight & { value: number }) | null>(null);
  readonly palette = $derived<Palette>(this.dark ? DARK : LIGHT);

  private client: Client;
  private wanted = new Map<keyof Watch, Watch[keyof Watch]>();
  private telling = false;
  private originals = new Map<string, number>();
  private editing = new Latest((edit: Weight & { value: number; more: boolean }) => this.sendEdit(edit));
  private seeking = new Latest((to: { step: number; branch?: number }) => this.change<Time>({ do: "seek", ...to }));
  private numbering = new Latest((what: What) => this.askNumber(what), () => (this.time?.training ? 200 : 0));
  private refreshing = new Latest(() => this.open());

  constructor(model: Model) {
    this.client = new Client(
      model,
      { frame: (frame) => this.show(frame), scene: (told) => this.set(told.scene), job: (told) => this.jobTold(told) },
      (then) => requestAnimationFrame(() => then()),
    );
  }

  /** A request whose refusal is shown to the person; null where there is no answer to show. */
  async ask<Result>(command: Asked, buffers: ArrayBuffer[] = []): Promise<Result | null> {
    try {
      return await this.client.ask<Result>(command, buffers);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      this.complaint = problem.fault ? `A fault of cutaway's own, not of yours: ${problem.message}` : problem.message;
      return null;
    }
  }

  connection(line: Line): void {
    this.line = line;
    if (line === "open") void this.open();
    else this.client.forget();
  }

  async open(): Promise<void> {
    const scene = await this.ask<Scene>({ do: "open" });
    if (!scene) return;
    this.set(scene);
    this.tellWatch();
  }

  close(): void {
    this.client.close();
  }

  /** Have a view carried by frames until the returned function is called. */
  want<View extends keyof Watch>(view: View, how: Watch[View]): () => void {
    this.wanted.set(view, how);
    this.tellWatch();
    return () => {
      if (this.wanted.get(view) !== how) return;
      this.wanted.delete(view);
      this.tellWatch();
    };
  }

  // ---- what a hand does -------------------------------------------------------------------------------------------

  select(selection: Partial<Selection> & { typed?: Record<string, number | string> }): void {
    if (this.scene) {
      const { typed: _typed, ...rest } = selection;
      this.scene = { ...this.scene, selection: { ...this.scene.selection, ...rest } };
    }
    void this.ask<Forward>({ do: "select", ...selection }).then((forward) => {
      if (!forward) return;
      this.forward = forward;
      this.refreshNumber();
    });
  }

  /** Show the sentence of a number; a weight becomes the selected one for everybody. */
  point(what: What): void {
    this.what = what;
    if (what.kind === "parameter") this.select({ parameter: { path: what.path, index: what.index } });
    else this.refreshNumber();
  }

  weight(path: string | null, index: number[]): number | undefined {
    if (path === null) return undefined;
    const hand = this.hand;
    if (hand && hand.path === path && hand.index.join() === index.join()) return hand.value;
    return at(this.weights[path], ...index);
  }

  edit(path: string, index: number[], value: number, more = false): void {
    const key = `${path}[${index}]`;
    const before = this.weight(path, index);
    if (before !== undefined && !this.originals.has(key)) this.originals.set(key, before);
    this.hand = { path, index, value };
    this.editing.run({ path, index, value, more });
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
    const edited = await this.ask<Edited>({ do: way });
    if (edited) this.edited(edited);
  }

  async step(size: StepSize): Promise<void> {
    const stepped = await this.ask<Stepped>({ do: "step", size });
    if (!stepped) return;
    this.stepped = stepped;
    this.forward = stepped.forward;
    this.tick(stepped.time);
    this.refreshNumber();
  }

  async train(): Promise<void> {
    const time = await this.ask<Time>({ do: "train", speed: this.speed });
    if (time) this.tick(time);
  }

  async pause(): Promise<void> {
    const time = await this.ask<Time>({ do: "pause" });
    if (time) this.tick(time);
  }

  seek(step: number, branch?: number): void {
    this.seeking.run(branch === undefined ? { step } : { step, branch });
  }

  /** A change that answers with the whole scene. */
  async remake(command: Command, buffers: ArrayBuffer[] = []): Promise<boolean> {
    const scene = await this.ask<Scene>(command, buffers);
    if (scene) this.set(scene);
    return scene !== null;
  }

  load(source: Source): Promise<boolean> {
    return this.remake({ do: "load", source });
  }

  shape(change: Change): Promise<boolean> {
    return this.remake({ do: "shape", change });
  }

  async teach(command: Extract<Asked, { do: "lesson" | "predict" }>): Promise<void> {
    const told = await this.ask<Lessoned>(command);
    if (!told) return;
    this.set(told.scene);
    this.lesson = told.lesson;
    this.speed = WATCHED;
  }

  /** What the diagnosis says of the training so far. */
  async examine(): Promise<void> {
    const told = await this.ask<{ findings: FindingTold[]; sentence: string }>({ do: "findings" });
    if (told) this.findings = told;
  }

  export(to: "numpy" | "pytorch" | "onnx"): Promise<Exported | null> {
    return this.ask<Exported>({ do: "export", to });
  }

  job(what: JobTold["what"]): JobTold | undefined {
    return Object.values(this.jobs).findLast((job) => job.what === what);
  }

  // ---- what Python says -------------------------------------------------------------------------------------------

  private set(scene: Scene): void {
    const old = this.scene;
    this.scene = scene;
    if (this.lesson && !lessonsOf(scene).some((each) => each.here)) this.lesson = null;
    this.tick(scene.time);
    if (!old || old.rung !== scene.rung) this.speed = scene.rung === null ? null : WATCHED;
    if (!old || (old.network.words === scene.network.words && old.data.name === scene.data.name)) return;
    this.weights = this.gradients = {};
    this.forward = this.boundary = this.responses = this.rows = this.curves = this.norms = this.attention = null;
    this.what = this.sentence = this.stepped = this.moved = this.landscape = this.capacity = this.findings = null;
    this.originals.clear();
  }

  private tick(time: Time): void {
    const ended = this.time?.training && !time.training;
    this.time = time;
    if (ended) void this.trained();
    if (this.scene && !this.scene.branches.some((branch) => branch.number === time.branch)) this.refreshing.run(undefined);
  }

  /** A training has ended: a lesson has new figures, and the diagnosis something to judge. */
  private async trained(): Promise<void> {
    if (this.scene?.can.diagnosis) void this.examine();
    if (!this.lesson?.done) return;
    const told = await this.ask<Lesson>({ do: "tell" });
    if (told) this.lesson = told;
  }

  private show(frame: Frame): void {
    this.tick(frame.time);
    if (frame.forward) this.forward = frame.forward;
    if (frame.weights) this.weights = frame.weights;
    if (frame.gradients) this.gradients = frame.gradients;
    if (frame.boundary) this.boundary = frame.boundary;
    if (frame.responses) this.responses = frame.responses;
    if (frame.rows) this.rows = frame.rows;
    if (frame.norms) this.norms = frame.norms;
    if (frame.attention) this.attention = frame.attention;
    if (frame.curves) this.recorded(frame.curves);
    this.refreshNumber();
  }

  private recorded(came: Curves): void {
    const another = this.curves?.branch !== came.branch;
    this.curves = joined(this.curves, came);
    if (another && came.since >= 0)
      void this.ask<Curves>({ do: "curves" }).then((all) => {
        if (all) this.curves = all;
      });
  }

  private jobTold(told: JobTold): void {
    this.jobs = { ...this.jobs, [told.job]: told };
    if (told.error) this.complaint = told.error.message;
    if (told.state !== "done" || !told.result) return;
    if (told.what === "landscape") this.landscape = told.result as Landscape;
    if (told.what === "capacity") this.capacity = told.result as Capacity;
  }

  private async sendEdit({ path, index, value, more }: Weight & { value: number; more: boolean }): Promise<void> {
    const edited = await this.ask<Edited>({ do: "edit", path, index, value, more });
    if (edited) this.edited(edited);
    if (this.hand?.value === value) this.hand = null;
  }

  private edited(edited: Edited): void {
    const { path, index, after } = edited;
    const array = this.weights[path];
    if (array) {
      const data = array.data.slice();
      data[index.reduce((offset, each, axis) => offset * (array.shape[axis] ?? 0) + each, 0)] = after;
      this.weights = { ...this.weights, [path]: { ...array, data } };
    }
    this.forward = edited.forward;
    this.moved = { path, index, before: edited.loss_before, after: edited.loss };
    this.edits = { undo: edited.undo, redo: edited.redo };
    this.tick(edited.time); // the sentence is asked for with the frame that follows
  }

  private refreshNumber(): void {
    if (this.what) this.numbering.run(this.what);
  }

  private async askNumber(what: What): Promise<void> {
    const sentence = await this.ask<Sentence>({ do: "number", what });
    if (sentence && this.what === what) this.sentence = sentence;
  }

  private async change<Result extends Time>(command: Command): Promise<void> {
    const time = await this.ask<Result>(command);
    if (time) this.tick(time);
  }

  private tellWatch(): void {
    if (this.telling) return;
    this.telling = true;
    queueMicrotask(() => {
      this.telling = false;
      if (this.line === "open" && this.scene) void this.ask({ do: "watch", views: Object.fromEntries(this.wanted) });
    });
  }
}

const KEY = Symbol("studio");

export function provide(studio: Studio): void {
  setContext(KEY, studio);
}

/** The one studio of the page, for the views below it. */
export function useStudio(): Studio {
  return getContext<Studio>(KEY);
}
