// What Python says, and what a page asks for because of it: views, the sentence of a number, what there is to say of a training.

import { Asking } from "./asking.svelte";
import type { Listeners } from "./client";
import { Latest } from "./latest";
import type { Line } from "./model";
import type { Curves, Examined, Frame, JobTold, Kept, Lesson, Scene, Sentence, Time, Watch, What } from "./protocol";
import { Watching } from "./watching";

/** Weights of a network that is not at once on the screen with every view. */
const MANY = 20_000;
/** Milliseconds that a sentence is read for while the network trains, at least, and the share of the time that asking for it may take. */
const SPOKEN = 500;
const ASKED = 0.01;

export abstract class Hearing extends Asking {
  /** How many pages look at this session. */
  clients = $state(1);

  private watching = new Watching({
    ready: () => this.line === "open" && this.scene !== null,
    training: () => this.time?.training ?? false,
    large: () => !this.kept && (this.scene?.network.weights ?? 0) > MANY,
    ask: (command) => this.client.ask(command).catch(() => null), // what cannot be made says so in its frame
    take: (views) => this.take(views),
  });
  /** What is to be done as soon as there is a scene: to follow a link. */
  protected first: (() => Promise<unknown>) | null = null;
  private judged = true; // whether the diagnosis was asked for since the network trained
  private judging = new Latest(() => this.judge());
  private took = 0; // milliseconds that the last sentence took
  private seen = -1; // the version of the session that the lesson was told of
  private numbering = new Latest((what: What) => this.askNumber(what), () => (this.time?.training ? Math.max(SPOKEN, this.took / ASKED) : 0));
  private refreshing = new Latest(() => this.open());
  private retelling = new Latest(() => this.retell(), () => 100);

  protected listeners(): Listeners {
    return {
      frame: (frame) => this.show(frame), scene: (told) => this.set(told.scene), job: (told) => this.worked(told),
      fault: (told) => (this.complaint = told.message), company: (told) => (this.clients = told.clients),
    };
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
    const first = this.first;
    this.first = null;
    if (first) await first();
    else if (!this.lesson && scene.lessons.some((each) => each.here)) this.retelling.run(undefined); // after a reload
  }

  /** Have a view carried by frames until the returned function is called. */
  want<View extends keyof Watch>(view: View, how: Watch[View]): () => void {
    return this.watching.want(view, how);
  }

  /** Of a session that was kept as a file: what it holds. It can be looked at, and not changed. */
  get kept(): Kept | null {
    return this.scene?.kept ?? null;
  }

  /** What the diagnosis says of the training so far. */
  async examine(): Promise<void> {
    const opened = this.scene?.opened;
    const told = await this.ask<Examined>({ do: "findings" });
    if (told && this.scene?.opened === opened) this.findings = told;
  }

  protected set(scene: Scene): void {
    const old = this.scene;
    this.scene = scene;
    if (this.lesson && !scene.lessons.some((each) => each.here)) this.lesson = null;
    if (old && old.opened !== scene.opened) this.forget();
    this.tick(scene.time);
  }

  protected tick(time: Time): void {
    const before = this.time;
    this.time = time;
    if (before?.training !== time.training) this.watching.tell();
    if (before?.training && !time.training) this.trained();
    const { branches = [] } = this.scene ?? {};
    const renamed = before?.branch !== time.branch && branches.some((branch) => branch.number === before?.branch && branch.why !== before.why);
    if (this.scene && (renamed || !branches.some((branch) => branch.number === time.branch))) this.refreshing.run(undefined);
  }

  /** A training has ended: a lesson has new figures, and the diagnosis something to judge. */
  private trained(): void {
    this.judged = !this.scene?.can.diagnosis;
    if (this.what) void this.numbering.now(this.what);
    if (this.lesson?.done) this.retelling.run(undefined);
  }

  /** The diagnosis takes long, and nothing is answered meanwhile: all that is on show comes before it. */
  private async judge(): Promise<void> {
    this.judged = true;
    if (this.what) await this.numbering.now(this.what);
    if (this.judged && !this.time?.training) void this.examine(); // else it trains, or has trained again meanwhile
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
    if (!this.judged && !frame.time.training && this.watching.told) this.judging.run(undefined);
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

  protected refreshNumber(): void {
    if (this.what) this.numbering.run(this.what);
  }

  private async askNumber(what: What): Promise<void> {
    const began = performance.now();
    const sentence = await this.ask<Sentence>({ do: "number", what });
    this.took = performance.now() - began;
    if (this.what === what && (sentence || this.kept)) this.sentence = sentence; // a file has not every one
  }
}
