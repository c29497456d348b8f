// What is on show and stands still while a network trains: data, layers, branches, the ladder. All names are untrusted text.

export interface Scene {
  version: number; // grows with every change by hand, of anybody
  opened: number; // how many networks were opened: with another one nothing holds that was said before
  title: string;
  rung: RungName | null;
  left: { title: string; step: number } | null; // rows of one's own that were put aside; `back` shows them again
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
  words: Record<string, string>; // of the field, that this page shows, each with what it means
  kept?: Kept; // only where the session is a file that is replayed
}
/** What a file holds of a session: which moments, as branch that owns the step and step, and what it leaves out. */
export interface Kept { made: string; cutaway: string; notes: string[]; moments: [number, number][] }
export type RungName = "line" | "neuron" | "layer" | "network" | "attention";
export interface Rung {
  name: RungName;
  title: string;
  shows: string;
  network: string;
  here: boolean;
  asks: { question: string; choices: string[] }; // before it is opened
  found: { right: number; replies: string[]; shown: string } | null; // at its start; of the one that is open alone
}
export interface LessonListed {
  name: string;
  title: string;
  about: string;
  rung: RungName; // of the ladder, that its network belongs to
  covers: string[];
  steps: number;
  here: boolean;
}
export interface Sources {
  bundled: { name: string; target: string }[];
  most_bytes: number; // of a file that is dropped
}

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
  optimizer: { name: string; words: string; short: string; rule: string; rate: number };
  batch_size: number;
  seed: number;
  steps_of_epoch: number;
  speed: number | null; // steps a second at most; null as fast as it goes
  engine: "numpy" | "xla";
}
export interface Time {
  branch: number;
  why: string; // the name of that branch: it follows the hand that began it
  step: number; // where the network shown stands
  epoch: number;
  last: number; // the last step of this branch
  training: boolean;
  loss: number | null; // as `of` says; null where not computed yet
  of: "rows" | "epoch"; // of all training rows at this step, or of a training that is followed the mean while the epoch was learned from
  held_out: number | null;
  rate: number; // steps a second lately
  broken: string; // "" or what went non-finite, and where
  nearly: string; // "" or how nearly these weights are those of their step: a run keeps of its way only a plane
  again: boolean; // whether training alone, from the same start, leads here
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
