// The studio of a page: what a person does, asked of Python, and what Python says, for the views to show.

import { getContext, setContext } from "svelte";
import { Client, Refused, type Listeners } from "./client";
import { DARK, LIGHT, type Palette } from "./colour";
import { follow } from "./follow";
import { Hand } from "./hand.svelte";
import { Latest } from "./latest";
import { read, type Link } from "./link";
import { provideLook, type Look } from "./look";
import type { Line } from "./model";
import type {
  Change, Command, Curves, Edited, Examined, Exported, Forward, Frame, JobTold, Kept, Lesson, Lessoned, Model, Scene, Selection, Sentence,
  Source, Stepped, StepSize, Time, Watch, What,
} from "./protocol";
import { Told } from "./told.svelte";
import { Watching } from "./watching";

/** Weights of a network that is not at once on the screen with every view. */
const MANY = 20_000;
/** Steps a second at which the ladder's networks are seen to learn. */
const WATCHED = 60;
/** Milliseconds that a sentence is read for while the network trains, at least, and the share of the time that asking for it may take. */
const SPOKEN = 500;
const ASKED = 0.01;

export class Studio extends Told implements Look {
  line = $state<Line>("connecting");
  complaint = $state<string | null>(null);
  /** The word of the field that was asked about; "" where all are shown, null where none is. */
  word = $state<string | null>(null);
  /** How many pages look at this session. */
  clients = $state(1);
  speed = $state<number | null>(null);
  dark = $state(false);
  readonly palette = $derived<Palette>(this.dark ? DARK : LIGHT);
  readonly pointed = $derived<readonly string[]>(this.lesson?.views ?? []);
  readonly moving = $derived(this.time?.training ?? false);
  readonly hand = new Hand(this, (command) => this.ask<Edited>(command), (edited) => this.edited(edited));

  private client: Client;
  private watching = new Watching({
    ready: () => this.line === "open" && this.scene !== null,
    training: () => this.time?.training ?? false,
    large: () => !this.kept && (this.scene?.network.weights ?? 0) > MANY,
    ask: (command) => this.client.ask(command).catch(() => null), // what cannot be made says so in its frame
    take: (views) => this.take(views),
  });
  private refused: { do: Command["do"]; message: string } | null = null;
  private wish: Link | null = null;
  private took = 0; // milliseconds that the last sentence took
  private seen = -1; // the version of the session that the lesson was told of
  private seeking = new Latest((to: { step: number; branch?: number }) => this.change<Time>({ do: "seek", ...to }));
  private numbering = new Latest((what: What) => this.askNumber(what), () => (this.time?.training ? Math.max(SPOKEN, this.took / ASKED) : 0));
  private refreshing = new Latest(() => this.open());
  private retelling = new Latest(() => this.retell(), () => 100);

  constructor(model: Model) {
    super();
    const heard: Listeners = {
      frame: (frame) => this.show(frame), scene: (told) => this.set(told.scene), job: (told) => this.worked(told),
      fault: (told) => (this.complaint = told.message), company: (told) => (this.clients = told.clients),
    };
    this.client = new Client(model, heard, (then) => requestAnimationFrame(() => then()));
  }

  /** A request whose refusal is shown to the person; null where there is no answer to show. */
  async ask<Result>(command: Command, buffers: ArrayBuffer[] = []): Promise<Result | null> {
    try {
      const answer = await this.client.ask<Result>(command, buffers);
      // What was refused is done now: the complaint is settled.
      if (this.refused?.do === command.do && this.refused.message === this.complaint) this.complaint = null;
      return answer;
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      this.complain(command.do, problem.message);
      return null;
    }
  }

  /** Say what is wrong with something that was asked for, until it is done or somebody has understood. */
  complain(what: Command["do"], message: string): void {
    this.complaint = message;
    this.refused = { do: what, message };
  }

  connection(line: Line): void {
    this.line = line;
    if (line === "open") void this.open();
    else {
      this.client.forget();
      this.clients = 1; // a server tells anew
    }
  }

  async open(): Promise<void> {
    const scene = await this.ask<Scene>({ do: "open" });
    if (!scene) return;
    this.set(scene);
    this.watching.tell();
    const wish = this.wish;
    this.wish = null;
    if (wish) await follow(this, wish);
    else if (!this.lesson && scene.lessons.some((each) => each.here)) this.retelling.run(undefined); // after a reload
  }

  close(): void {
    this.client.close();
  }

  /** Have a view carried by frames until the returned function is called. */
  want<View extends keyof Watch>(view: View, how: Watch[View]): () => void {
    return this.watching.want(view, how);
  }

  /** Of a session that was kept as a file: what it holds. It can be looked at, and not changed. */
  get kept(): Kept | null {
    return this.scene?.kept ?? null;
  }

  // ---- what a hand does -------------------------------------------------------------------------------------------

  select(selection: Partial<Selection> & { typed?: Record<string, number | string | null> }): void {
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

  async step(size: StepSize): Promise<void> {
    const stepped = await this.ask<Stepped>({ do: "step", size });
    if (!stepped) return;
    this.stepped = stepped;
    this.forward = stepped.forward;
    this.tick(stepped.time);
    this.refreshNumber();
  }

  train(): Promise<void> {
    return this.change<Time>({ do: "train", speed: this.speed });
  }

  /** Take the steps up to one, as fast as they go. */
  trainUntil(step: number): Promise<void> {
    return this.change<Time>({ do: "train", speed: null, until: step });
  }

  pause(): Promise<void> {
    return this.change<Time>({ do: "pause" });
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

  /** A step of a lesson, or the prediction that it asked for. */
  async teach(command: Extract<Command, { do: "lesson" | "predict" }>): Promise<void> {
    const told = await this.ask<Lessoned>(command);
    if (!told) return;
    this.set(told.scene);
    this.lesson = told.lesson;
    this.stepped = null;
    this.hand.moved = null;
    this.speed = WATCHED;
  }

  /** Leave the lesson, for everybody who looks; its network stays as it is. */
  async closeLesson(): Promise<void> {
    const told = await this.ask<Lessoned>({ do: "lesson" });
    if (told) this.set(told.scene);
  }

  /** Follow the link in an address as soon as the studio is open. */
  wishFor(address: string): boolean {
    this.wish = read(address);
    return this.wish !== null;
  }

  /** What the diagnosis says of the training so far. */
  async examine(): Promise<void> {
    const opened = this.scene?.opened;
    const told = await this.ask<Examined>({ do: "findings" });
    if (told && this.scene?.opened === opened) this.findings = told;
  }

  /** The network as code, or the session as one file. */
  export(to: "numpy" | "pytorch" | "onnx" | "file"): Promise<Exported | null> {
    return this.ask<Exported>(to === "file" ? { do: "keep" } : { do: "export", to });
  }

  // ---- what Python says -------------------------------------------------------------------------------------------

  private set(scene: Scene): void {
    const old = this.scene;
    this.scene = scene;
    if (this.lesson && !scene.lessons.some((each) => each.here)) this.lesson = null;
    if (old && old.opened !== scene.opened) {
      this.forget();
      this.hand.forget();
    }
    this.hand.edits = scene.edits;
    this.tick(scene.time);
    if (!old || old.rung !== scene.rung) this.speed = scene.rung === null ? null : WATCHED;
  }

  private tick(time: Time): void {
    const before = this.time?.training ?? false;
    this.time = time;
    if (before !== time.training) this.watching.tell();
    if (before && !time.training) void this.trained();
    if (this.scene && !this.scene.branches.some((branch) => branch.number === time.branch)) this.refreshing.run(undefined);
  }

  /** A training has ended: a lesson has new figures, and the diagnosis something to judge. */
  private async trained(): Promise<void> {
    if (this.scene?.can.diagnosis) void this.examine();
    if (this.lesson?.done) this.retelling.run(undefined);
  }

  /** Its figures are those of the network as it is now: what a hand changes, a lesson says. */
  private async retell(): Promise<void> {
    const asked = this.lesson;
    if (asked && !asked.done) return;
    const told = await this.ask<Lesson>({ do: "tell" });
    if (told && this.lesson === asked) this.lesson = told;
  }

  private show(frame: Frame): void {
    if (this.scene && frame.opened !== this.scene.opened) return; // made before another network was opened
    this.beats();
    this.tick(frame.time);
    this.take(frame);
    if (frame.curves && this.record(frame.curves)) void this.whole();
    this.refreshNumber();
    this.watching.frame();
    if (frame.version === this.seen) return;
    this.seen = frame.version;
    if (this.lesson?.done && !frame.time.training) this.retelling.run(undefined);
  }

  private async whole(): Promise<void> {
    const curves = await this.ask<Curves>({ do: "curves" });
    if (curves) this.curves = curves;
  }

  private worked(told: JobTold): void {
    this.finish(told);
    if (told.error) this.complaint = told.error.message;
  }

  private edited(edited: Edited): void {
    this.forward = edited.forward;
    this.tick(edited.time); // the sentence is asked for with the frame that follows
  }

  private refreshNumber(): void {
    if (this.what) this.numbering.run(this.what);
  }

  private async askNumber(what: What): Promise<void> {
    const began = performance.now();
    const sentence = await this.ask<Sentence>({ do: "number", what });
    this.took = performance.now() - began;
    if (this.what === what && (sentence || this.kept)) this.sentence = sentence; // a file has not every one
  }

  private async change<Result extends Time>(command: Command): Promise<void> {
    const time = await this.ask<Result>(command);
    if (time) this.tick(time);
  }
}

const KEY = Symbol("studio");

export function provide(studio: Studio): void {
  provideLook(studio);
  setContext(KEY, studio);
}

/** The one studio of the page, for the views below it. */
export function useStudio(): Studio {
  return getContext<Studio>(KEY);
}
