// What commands are answered by, and what frames carry: the views of a moment. All names in them are untrusted text.

import type { NumberArray } from "./protocol";
import type { StepSize } from "./requests";
import type { Scene, Selection, Time } from "./scene";

export interface Forward {
  step: number;
  part: Selection["part"];
  example: number;
  number: number | null; // which row it is of the person's file, counted from 1; null where it was typed
  typed: Record<string, number | string> | null;
  row: { column: string; value: number | string | null; shown: string }[]; // the person's own values
  x: NumberArray; // what goes into the network, without batch axis
  layers: { path: string; kind: string; value: NumberArray; blame: NumberArray | null }[]; // blame: ∂loss/∂value
  output: NumberArray;
  answer: Answer;
  target: number | string | Named[] | null; // a list, where a row has several targets
  loss: number | null; // of this example; null without target
  gradients: Record<string, NumberArray> | null; // ∂loss/∂parameter, this example
}
export interface Answer {
  shown: string; // "versicolor, 0.93" or "23.4"
  value: number | null; // in the target's own units; null for classes
  values: Named[] | null; // of several outputs each one; else null
  probabilities: NumberArray | null;
  class: number | null;
}
export type Named = [name: string, value: number];
export interface Edited {
  path: string;
  index: number[];
  before: number;
  after: number; // as the network keeps it
  undo: number; // how many edits can be taken back
  redo: number;
  loss_before: number | null; // of all training rows
  loss: number | null;
  time: Time;
  branch_made: boolean;
  forward: Forward;
}

/** Click on anything: its sentence in figures, its blame, and a measurement beside it. Computed in double precision. */
export interface Sentence {
  step: number;
  name: string; // "h₂", "0.weight[1, 3]", "loss"
  value: number;
  formula: string; // in letters
  sentence: string; // in figures, ends in the value
  gradient: number | null; // ∂loss/∂it
  blame: string; // "∂L/∂w = −0.031: raising it by 0.01 lowers the loss by 0.00031"
  nudge: number | null;
  predicted: number | null; // gradient · nudge
  measured: number | null; // L(with nudge) − L
  slope: number | null; // (L(+ε) − L(−ε)) / 2ε
  chain: string; // for a weight, where its slope comes from: "what comes in · blame of the sum = 0.7·(−0.2) = −0.14"; else ""
  steps: { name: string; formula: string; figures: string; value: number }[]; // the way there, operation by operation
}
export interface Stepped {
  size: StepSize;
  rule: string;
  optimizer: string;
  rows: number[]; // places in the training part that the first update learned from
  // Before the first update: what it was answered to the first of those rows, and which weight was blamed most.
  seen: { example: number; number: number; answer: string; target: string; loss: number }[];
  blame: { name: string; path: string; index: number[]; gradient: number; weights: number; without: number };
  updates: { rows: number; loss: number; after: number; predicted: number }[]; // one for example and batch
  largest: { name: string; path: string; index: number[]; before: number; gradient: number; change: number; after: number }[];
  gradients: Record<string, NumberArray>; // of the first update
  changes: Record<string, NumberArray>; // Δw of the whole step
  loss_before: number; // of all training rows
  loss_after: number;
  time: Time;
  forward: Forward;
}
export interface Boundary {
  step: number;
  kind: "curve" | "plane";
  axes: { name: string; low: number; high: number; points: number }[]; // one for a curve: across, up
  words: string; // what the other columns were held at; "" where there are none
  outputs: NumberArray; // (points, outputs) or (up, across, outputs): probabilities, or the target's own units
  classes: NumberArray | null; // the most probable class at each point
  rows: RowsDrawn | null;
}
/** The rows on a map: their coordinates (rows, axes) and targets, (rows) or of several outputs (rows, outputs). */
export interface RowsDrawn {
  places: NumberArray; // among all rows
  parts: NumberArray; // 0 training, 1 held out
  examples: NumberArray; // places within their part, by which they are selected
  coordinates: NumberArray;
  target: NumberArray;
}
/** Each unit of one layer's output over the same grid. */
export interface Responses {
  step: number;
  kind: Boundary["kind"];
  axes: Boundary["axes"];
  words: string;
  layers: { path: string; values: NumberArray }[]; // (points, units) or (up, across, units)
}
export interface Rows {
  step: number;
  part: "training" | "held_out";
  order: "worst" | "given";
  offset: number;
  count: number; // of all rows of the part
  columns: string[];
  rows: { example: number; number: number; values: (number | string | null)[]; target: number | string; answer: string; loss: number }[];
}

export interface Curves {
  branch: number;
  since: number;
  loss: { step: NumberArray; training: NumberArray; held_out: NumberArray }; // NaN where not measured
  metrics: Record<string, NumberArray>; // on the held-out rows, at the same steps
  batch: { step: NumberArray; loss: NumberArray }; // as each step saw it, thinned
  vitals: { path: string; kind: string; step: NumberArray; values: Record<string, NumberArray> }[];
  findings: FindingTold[];
}
export interface FindingTold {
  number: number;
  check: string;
  sentence: string;
  quantity: string;
  measured: number;
  normal: [number | null, number | null];
  layer: string | null;
  step: number;
  confidence: number;
  note: boolean;
  fix: { action: string; sentence: string; code: string } | null;
  consequences: string[];
}
/** What the diagnosis said of a branch at a step; `best` is where the loss of rows held out was clearly lower, if anywhere. */
export interface Examined { branch: number; step: number; findings: FindingTold[]; sentence: string; best: { step: number; loss: number } | null }
export interface FixTried { branch: number; finding: number; sentence: string; helps: boolean; score: string; without: number[]; with_fix: number[]; steps: number }

export interface Landscape {
  kind: "trajectory" | "random" | "weights";
  names: string[];
  across: NumberArray;
  up: NumberArray;
  losses: NumberArray; // (up, across)
  centre: [number, number];
  loss: number;
  path: NumberArray; // (points, 2)
  path_steps: NumberArray;
  path_losses: NumberArray; // true ones, at the weights themselves
  off_plane: NumberArray;
  explained: number | null;
  sentences: string[];
}
export interface Capacity {
  vary: string;
  values: number[];
  words: { error: string; noise: string; verdict: string; notes: string[] };
  parts: { value: number; error: Interval; bias: Interval; variance: Interval; noise: Interval | null; learned: number; state: string }[];
  curve: { rows: number; error: Interval; learned: number }[];
}
export interface Interval { value: number; low: number; high: number }

export interface Attention {
  step: number;
  text: string;
  tokens: string[];
  maps: { layer: string; head: number; weights: NumberArray }[]; // (places, places)
  notes: string[]; // what was done to a typed text, in sentences
  next: { token: string; probability: number }[]; // what would follow, the most probable first
}
export interface Saliency { picture: NumberArray; gradient: NumberArray; map: NumberArray; output: number; score: number }
export interface Filters { filters: NumberArray } // (filters, height, width, channels), 0 to 1, 0.5 is zero
/** The runs below the folders where the studio was started, the newest first. */
export interface RunsHere { homes: string[]; runs: { name: string; run: string }[]; more: boolean }
export interface Norms {
  step: number;
  layers: { path: string; kind: string; words: string; before: Distribution; after: Distribution; units: { mean: NumberArray; deviation: NumberArray; mean_after: NumberArray; deviation_after: NumberArray } }[];
}
export interface Distribution { mean: number; deviation: number; low: number; high: number; edges: NumberArray; counts: NumberArray }
export interface Exported { files: { name: string; bytes: NumberArray }[]; notes: string[] }
export interface Ledger { of: string; value: number; text: string; data: unknown } // cutaway.explain's ledger as plain data
export interface Inspected {
  table: number; // to be named in load
  name: string;
  rows: number;
  columns: { name: string; kind: string; missing: number; distinct: number; examples: string[] }[];
  suggested: string; // a target
  notes: string[];
}

/** A lesson as Python tells it: a text with the network's own figures, a question to answer first, and why it came so. */
export interface Lesson {
  name: string;
  title: string;
  step: number;
  steps: number;
  heading: string;
  views: string[]; // the panels that the step is about
  text: string;
  question: string;
  choices: string[];
  actions: { do: string; steps?: number }[]; // what the step is to show, as commands; `steps` of a training
  done: boolean;
  chosen: number | null; // these, until its action is over, are null, "" and []
  right: number | null;
  reply: string;
  shown: string;
  why: string[];
  brain: { like: string; ends: string } | null;
  fits: boolean; // whether the network on show is still the lesson's
  words: string; // if not, what to do
}
export interface Lessoned { scene: Scene; lesson: Lesson }
