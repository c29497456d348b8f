// The messages between the page and Python, as types. What they mean is told in docs/guides/studio_protocol.md.
// Python is the only truth for numbers: the page draws what arrives and computes no number of the network itself.

/** An array that came as a binary buffer: little-endian, rows first (C order). Decoded by the client from Placed. */
export interface NumberArray {
  shape: number[];
  type: "f4" | "f8" | "i4" | "u1";
  data: Float32Array | Float64Array | Int32Array | Uint8Array;
}
/** What stands in the JSON for an array: buffer number `$array` of the same message. */
export interface Placed { $array: number; shape: number[]; type: NumberArray["type"] }
/** What stands in the JSON for a number that JSON has no name for; the client makes NaN or ±Infinity of it. */
export interface NotFinite { $number: "nan" | "inf" | "-inf" }

/** The anywidget contract: the same in a notebook and, over a WebSocket, in the page. */
export interface Model {
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: "msg:custom", listener: (content: Incoming, buffers: DataView[]) => void): void;
  off(event: "msg:custom", listener: (content: Incoming, buffers: DataView[]) => void): void;
}

// ---- envelopes ----------------------------------------------------------------------------------------------------

/** `id`: the client's, unique. `revision`: how many changes by hand this client has asked for so far (see below). */
export type Request = { id: number; revision: number } & Command;
export interface Reply<T> { id: number; revision: number; version: number; result: T }
/** `kind` "input": the person can mend it, `message` says how. "fault": ours. */
export interface Refusal { id: number; revision: number; error: { kind: "input" | "fault"; message: string } }
/** A newer request of the same kind from the same client was waiting already; no answer to this one will come. */
export interface Superseded { id: number; revision: number; superseded: true }
export type Incoming = Reply<unknown> | Refusal | Superseded | Push;
export type Push = Frame | SceneChanged | JobTold;

/** At most 30 a second, the latest only, and none before the last was acknowledged by {do: "ack", frame}. */
export interface Frame {
  push: "frame";
  frame: number;
  revision: number; // the newest of this client's revisions that this frame contains
  version: number;
  time: Time;
  /** The views this client watches, each as the command of the same name answers it. */
  forward?: Forward;
  weights?: Record<string, NumberArray>; // by path
  gradients?: Record<string, NumberArray>; // of the loss of the selected example
  boundary?: Boundary;
  responses?: Responses;
  number?: Sentence; // of the selected parameter
  rows?: Rows;
  curves?: Curves; // only the records since the last frame that was acknowledged
  norms?: Norms;
  attention?: Attention;
  errors?: Record<string, string>; // views that could not be made, and why
}
/** Something was changed that is not in frames: another client, another network, data, branch. Ask for nothing: here. */
export interface SceneChanged { push: "scene"; version: number; scene: Scene }
/** A long computation: how far it is, and at its end what its command promises, or why not. */
export interface JobTold {
  push: "job";
  job: number;
  what: "landscape" | "capacity" | "fix";
  done: number;
  total: number;
  state: "running" | "done" | "cancelled" | "failed";
  result?: Landscape | Capacity | FixTried;
  error?: { kind: "input" | "fault"; message: string };
}

// ---- what is on show ----------------------------------------------------------------------------------------------

export interface Scene {
  version: number; // grows with every change by hand, of anybody
  title: string;
  rung: RungName | null;
  data: DataTold;
  network: NetworkTold;
  training: TrainingTold;
  time: Time;
  branches: Branch[];
  edits: { undo: number; redo: number }; // how many there are to take back, and to make again
  selection: Selection;
  ladder: Rung[];
  lessons: LessonListed[];
  sources: Sources;
  choices: Choices;
  can: Can;
  notes: string[]; // what was repaired or left out, in sentences
}
export type RungName = "line" | "neuron" | "layer" | "network" | "attention";
export interface Rung { name: RungName; title: string; shows: string; network: string; here: boolean }
export interface LessonListed {
  name: string;
  title: string;
  about: string;
  rung: RungName; // of the ladder, that its network belongs to
  covers: string[];
  steps: number;
  here: boolean;
}
export interface Sources { bundled: { name: string; target: string }[] }

export interface DataTold {
  name: string; // untrusted text, as are all names and words below
  kind: "numbers" | "text" | "pictures";
  rows: number;
  held_out: number;
  columns: { name: string; kind: string; reason: string; used: boolean }[]; // the person's own
  inputs: string[]; // what the network's inputs are called, in order
  target: string;
  task: "regression" | "classification";
  classes: string[]; // [] for numbers
  outputs: string[]; // what each of the network's outputs is
  /** Columns that may be an axis of the boundary: their names and the range of the rows. */
  axes: { name: string; low: number; high: number }[];
  picture: [number, number, number] | null; // height, width, channels
  letters: string[] | null; // what each token is
  examples: string[]; // for text: the rows as they are written; [] else
}

export interface NetworkTold {
  words: string; // "2 → 8 → 8 → 1, 105 weights"
  weights: number; // how many
  dtype: string;
  editable: boolean; // whether `shape` may change its layers
  /** The layers as `shape` takes them; null where the network is no such chain. */
  chain: { kind: string; settings: Record<string, number | string> }[] | null;
  layers: LayerTold[];
  /** The drawing of a plain chain of dense layers; [] where the network is none. The first column is the inputs. */
  columns: DrawnColumn[];
}
export interface LayerTold {
  path: string;
  kind: string; // "Dense"
  words: string; // "Dense(8)"
  formula: string; // "y = x weight + bias"
  units: number | null; // size of the last axis of what comes out
  shape: number[]; // of what comes out for one row
  parameters: ParameterTold[];
}
export interface ParameterTold { path: string; name: string; shape: number[]; learned: boolean }
export interface DrawnColumn {
  label: string; // "inputs", "layer 1", "output"
  units: number;
  names: string[]; // of the units, "" where they have none
  weight: string | null; // path of the (in, units) weights that lead here; null for inputs
  bias: string | null;
  sum: string | null; // path of the layer whose output is the weighted sum
  out: string | null; // path of the layer whose output leaves here: `sum`, or the activation after it; null for inputs
  activation: string | null; // its kind
}

export interface TrainingTold {
  loss: { name: string; words: string; formula: string };
  optimizer: { name: string; words: string; rule: string; rate: number };
  batch_size: number;
  seed: number;
  steps_of_epoch: number;
  speed: number | null; // steps a second at most; null as fast as it goes
  engine: "numpy" | "xla";
}
export interface Time {
  branch: number;
  step: number; // where the network shown stands
  epoch: number;
  last: number; // the last step of this branch
  training: boolean;
  loss: number | null; // of all training rows at this step, evaluated; null where not computed yet
  held_out: number | null;
  rate: number; // steps a second lately
  broken: string; // "" or what went non-finite, and where
}
export interface Branch {
  number: number;
  parent: number | null; // which branch it left
  from: number; // at which step
  last: number;
  why: string; // "0.weight[0, 1]: 0.3 → 0.7"
}
export interface Selection {
  part: "training" | "held_out" | "typed";
  example: number; // its place in that part
  parameter: { path: string; index: number[] } | null;
}
export interface Choices {
  activations: string[];
  losses: string[]; // those that fit the data
  optimizers: string[];
  layers: { kind: string; settings: Record<string, number | string> }[];
}
/** What this network and data allow; false ones answer with a sentence that says why. */
export interface Can {
  boundary: "curve" | "plane" | null;
  projection: boolean; // plane by PCA
  attention: boolean;
  saliency: boolean;
  filters: boolean;
  norms: boolean;
  capacity: boolean;
  diagnosis: boolean;
  export: ("numpy" | "pytorch" | "onnx")[];
}

export interface Forward {
  step: number;
  part: Selection["part"];
  example: number;
  typed: Record<string, number | string> | null;
  row: { column: string; value: number | string | null; shown: string }[]; // the person's own values
  x: NumberArray; // what goes into the network, without batch axis
  layers: { path: string; kind: string; value: NumberArray; blame: NumberArray | null }[]; // blame: ∂loss/∂value
  output: NumberArray;
  answer: Answer;
  target: number | string | null;
  loss: number | null; // of this example; null without target
  gradients: Record<string, NumberArray> | null; // ∂loss/∂parameter, this example
}
export interface Answer {
  shown: string; // "versicolor, 0.93" or "23.4"
  value: number | null; // in the target's own units; null for classes
  probabilities: NumberArray | null;
  class: number | null;
}
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
export type What =
  | { kind: "parameter"; path: string; index: number[] }
  | { kind: "unit"; layer: string; place: number[] } // of a layer's output, without batch axis
  | { kind: "input"; place: number[] }
  | { kind: "loss" }
  | { kind: "operation"; name: string; place?: number[] }; // of the ledger

export interface Stepped {
  size: StepSize;
  rule: string;
  optimizer: string;
  rows: number[]; // places in the training part that the first update learned from
  updates: { rows: number; loss: number; after: number; predicted: number }[]; // one for example and batch
  largest: { name: string; path: string; index: number[]; before: number; gradient: number; change: number; after: number }[];
  gradients: Record<string, NumberArray>; // of the first update
  changes: Record<string, NumberArray>; // Δw of the whole step
  loss_before: number; // of all training rows
  loss_after: number;
  time: Time;
  forward: Forward;
}
export type StepSize = "example" | "batch" | "epoch";

export interface Boundary {
  step: number;
  kind: "curve" | "plane";
  axes: { name: string; low: number; high: number; points: number }[]; // one for a curve: across, up
  words: string; // what the other columns were held at; "" where there are none
  outputs: NumberArray; // (points, outputs) or (up, across, outputs): probabilities, or the target's own units
  classes: NumberArray | null; // the most probable class at each point
  rows: { places: NumberArray; coordinates: NumberArray; target: NumberArray; parts: NumberArray } | null; // parts: 0 training, 1 held out
}
/** Each unit of one layer's output over the same grid. */
export interface Responses {
  step: number;
  kind: Boundary["kind"];
  axes: Boundary["axes"];
  words: string;
  layers: { path: string; values: NumberArray }[]; // (points, units) or (up, across, units)
}
export interface Grid {
  axes?: string[] | "pca"; // one or two of data.axes; default the first ones
  others?: "example" | "mean"; // what the other columns are held at
  points?: number; // along each axis, 2 to 200
  rows?: boolean; // whether the rows' places come too
}

export interface Rows {
  step: number;
  part: "training" | "held_out";
  order: "worst" | "given";
  offset: number;
  count: number; // of all rows of the part
  columns: string[];
  rows: { example: number; values: (number | string | null)[]; target: number | string; answer: string; loss: number }[];
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
export interface FixTried { finding: number; sentence: string; helps: boolean; without: number[]; with_fix: number[]; steps: number }

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
  next: { token: string; probability: number }[]; // what would follow, the most probable first
}
export interface Saliency { picture: NumberArray; gradient: NumberArray; map: NumberArray; output: number; score: number }
export interface Filters { filters: NumberArray } // (filters, height, width, channels), 0 to 1, 0.5 is zero
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

// ---- commands -----------------------------------------------------------------------------------------------------

export type Command =
  | { do: "open" } // → Scene
  | { do: "load"; source: Source } // → Scene
  | { do: "inspect"; name: string; bytes: Placed } // → Inspected; u1
  | { do: "watch"; views: Watch; rate?: number } // → {}; rate: frames a second, at most 30
  | { do: "ack"; frame: number } // no reply
  | { do: "select"; part?: Selection["part"]; example?: number; typed?: Record<string, number | string>; parameter?: Selection["parameter"] } // → Forward
  | { do: "forward"; blame?: boolean } // → Forward, of the selected example
  | { do: "weights" } // → Record<string, NumberArray>
  | { do: "edit"; path: string; index: number[]; value: number; more?: boolean } // → Edited; more: of the same drag
  | { do: "undo" } | { do: "redo" } // → Edited
  | { do: "number"; what: What; nudge?: number } // → Sentence
  | { do: "ledger" } // → Ledger
  | { do: "step"; size: StepSize } // → Stepped
  | { do: "train"; speed?: number | null; until?: number | null } // → Time
  | { do: "pause" } // → Time
  | { do: "seek"; step: number; branch?: number } // → Time; frames and curves follow
  | { do: "reset" } // → Scene: the same start; a new branch
  | { do: "new_start"; seed?: number } // → Scene: another seed
  | { do: "shape"; change: Change } // → Scene
  | ({ do: "boundary" } & Grid) // → Boundary
  | ({ do: "responses"; layers?: string[] } & Grid) // → Responses
  | { do: "rows"; part?: Rows["part"]; order?: Rows["order"]; offset?: number; count?: number } // → Rows
  | { do: "curves"; since?: number; branch?: number } // → Curves
  | { do: "findings" } // → {findings: FindingTold[]; sentence: string}
  | { do: "try_fix"; finding: number } // → {job}
  | { do: "apply_fix"; finding: number } // → Scene
  | { do: "landscape"; plane?: "trajectory" | "random" | [{ path: string; index: number[] }, { path: string; index: number[] }]; points?: number } // → {job}
  | { do: "capacity"; widths?: number[]; resamples?: number; seeds?: number; epochs?: number } // → {job}
  | { do: "cancel"; job: number } // → {}
  | { do: "attention"; text?: string } // → Attention; the selected example's text where none is given
  | { do: "saliency"; output?: number } // → Saliency
  | { do: "filters" } // → Filters
  | { do: "norms" } // → Norms
  | { do: "lesson"; name: string; step?: number } // → Lessoned: a step of a lesson, before its prediction
  | { do: "predict"; choice?: number; live?: boolean } // → Lessoned; no choice: only show me
  | { do: "tell" } // → Lesson, with the figures of the network as it is now
  | { do: "export"; to: "numpy" | "pytorch" | "onnx"; name?: string }; // → Exported

export type Source =
  | { rung: RungName }
  | { bundled: string }
  | { table: number; target: string; drop?: string[] } // as inspected
  | { points: { x: number[][]; y: (number | string)[]; names?: string[]; target?: string } }
  | { run: string }; // a folder; refused unless it is the one the studio was opened with, or below where it was started

/** Every given part is changed, the rest stays; weights of layers that keep their sizes stay too. */
export interface Change {
  layers?: { kind: string; settings?: Record<string, number | string> }[]; // the whole chain; the last one is the output
  loss?: string;
  optimizer?: string;
  rate?: number;
  batch_size?: number;
}

/** Which views frames carry. `true`: with the usual arguments. */
export interface Watch {
  forward?: boolean | { blame?: boolean };
  weights?: boolean;
  gradients?: boolean;
  boundary?: boolean | Grid;
  responses?: boolean | ({ layers?: string[] } & Grid);
  number?: boolean;
  rows?: boolean | { part?: Rows["part"]; order?: Rows["order"]; offset?: number; count?: number };
  curves?: boolean;
  norms?: boolean;
  attention?: boolean | { text?: string };
}
