// The studio of a page: what a person does, asked of Python, for the views to show.

import { getContext, setContext } from "svelte";
import { DARK, LIGHT, type Palette } from "./colour";
import { follow } from "./follow";
import { Hand } from "./hand.svelte";
import { Hearing } from "./hearing.svelte";
import { Latest } from "./latest";
import { read } from "./link";
import { provideLook, type Look } from "./look";
import type {
  Change, Command, Edited, Exported, Forward, Lessoned, Scene, Selection, Source, Stepped, StepSize, Time, What,
} from "./protocol";

/** Steps a second at which the ladder's networks are seen to learn. */
const WATCHED = 60;

export class Studio extends Hearing implements Look {
  /** The word of the field that was asked about; "" where all are shown, null where none is. */
  word = $state<string | null>(null);
  speed = $state<number | null>(null);
  /** Whether the form for layers and training is open, and whether it was opened to change the learning rate. */
  making = $state.raw<{ rate: boolean } | null>(null);
  dark = $state(false);
  readonly palette = $derived<Palette>(this.dark ? DARK : LIGHT);
  readonly pointed = $derived<readonly string[]>(this.lesson?.views ?? []);
  readonly moving = $derived(this.time?.training ?? false);
  readonly hand = new Hand(this, (command) => this.ask<Edited>(command), (edited) => this.edited(edited));

  private seeking = new Latest((to: { step: number; branch?: number }) => this.change<Time>({ do: "seek", ...to }));

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

  /** Resolves when what was asked for last is on show. */
  seek(step: number, branch?: number): Promise<void> {
    return this.seeking.now(branch === undefined ? { step } : { step, branch });
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
    const wish = read(address);
    this.first = wish && (() => follow(this, wish));
    return wish !== null;
  }

  /** The network as code, or the session as one file. */
  export(to: "numpy" | "pytorch" | "onnx" | "file"): Promise<Exported | null> {
    return this.ask<Exported>(to === "file" ? { do: "keep" } : { do: "export", to });
  }

  protected override set(scene: Scene): void {
    const old = this.scene;
    super.set(scene);
    if (old && old.opened !== scene.opened) this.hand.forget();
    this.hand.edits = scene.edits;
    if (!old || old.rung !== scene.rung) this.speed = scene.rung === null ? null : WATCHED;
  }

  private edited(edited: Edited): void {
    this.forward = edited.forward;
    this.tick(edited.time); // the sentence is asked for with the frame that follows
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
