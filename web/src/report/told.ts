// What a report holds: the records of one run, as Python put them into the page. All names and texts are untrusted.

export type Numbers = (number | null)[];
/** An array: its shape, and its numbers in single precision, little-endian, in base64. */
export interface Packed { shape: number[]; f4: string }

export interface Told {
  format: 1;
  kind: "table" | "pictures" | "text" | "network";
  title: string;
  summary: Summary;
  curves: Curves | null;
  findings: Finding[];
  observed: boolean;
  mistakes: Mistakes | null;
  text: TextTold | null;
  importance: Importance | null;
  calibration: Calibration | null;
  residuals: Residuals | null;
  explained: Explained | null;
  replay: Replay | null;
  made: { facts: [string, string][]; command: string; report: string };
  left_out: string[];
  words?: Record<string, string>; // of the field, that the report shows
}

export interface Summary {
  trained: string;
  watch: string[];
  notes: string[];
  more_notes: number;
  score: Score | null;
  board?: { columns: string[]; rows: [string, ...Cell[]][] };
  also?: { name: string; value: number | null }[];
  rival?: string;
}
export interface Score {
  name: string;
  value: number;
  shown: string;
  interval: [number, number] | null;
  between: string;
  higher: boolean;
  percent: boolean;
  of: string;
  verdict: string;
}
export interface Cell { value: number | null; shown: string; between: string }

export interface Curves {
  unit: "epoch" | "step";
  measure: string; // what `validation`, `lowest` and `highest` are: "loss", or "share wrong"
  at: number[];
  step: number[];
  loss: Numbers;
  validation: Numbers | null;
  lowest: Numbers | null;
  highest: Numbers | null;
  rate: Numbers;
  metrics: Record<string, Numbers>;
  best: number | null;
  left_out: number;
}
export interface Finding {
  check: string;
  sentence: string;
  quantity: string;
  measured: number | null;
  low: number | null;
  high: number | null;
  normal: string;
  layer: string | null;
  step: number;
  epoch: number | null;
  note: boolean;
  fix: { sentence: string; code: string } | null;
  follows: string[];
}

export interface RowTold {
  row: number | null;
  truth: string | number;
  predicted: string | number;
  error: number | null;
  sure: number | null;
}
export interface Mistakes {
  of: string;
  wrong?: number;
  rows?: number;
  classes?: string[];
  counts?: number[][];
  pairs?: [string, string, number][];
  worst?: { columns: string[]; target: string; rows: (RowTold & { cells: string[] })[] };
  tiles?: { picture: string; truth: string; predicted: string; sure: number }[];
  sheet?: string;
  filters?: string;
}
export interface TextTold {
  parts: { name: string; nats: number; about: string; characters: number | null }[];
  sample: string;
  surprise: { of: string; tokens: string[]; nats: number[]; mean: number } | null;
  absent: string;
}
export interface Importance {
  metric: string;
  percent: boolean;
  columns: { column: string; fall: number; low: number; high: number }[];
  rows: number;
  times: number;
  score: number;
}
export interface Calibration {
  rows: number;
  error: number;
  bins: { sure: number; right: number; share: number; interval: [number, number] }[];
}
export interface Residuals {
  rows: number;
  target: string;
  edges: number[];
  counts: number[];
  beyond: number;
  mean: number;
  median: number;
  mae: number;
  held: { share: number; margin: number; held: number; interval: [number, number] }[];
  points?: { truth: number[]; predicted: number[] };
}
export interface RowExplained extends RowTold {
  why: string;
  score: string;
  from: number;
  to: number;
  gap: number;
  exact: boolean;
  columns: { column: string; value: string; usual: string; share: number }[];
  others: { count: number; share: number } | null;
}
export interface Explained {
  baseline?: string;
  rows?: RowExplained[];
  pictures?: { why: string; picture: string; slope: string; truth: string; predicted: string; sure: number }[];
  first?: boolean;
}

export interface Replay { vitals: Vitals | null; way: Way | null; boundary: Plane | null; moments: Moments | null; several: boolean }
/** What was answered while it learned: of a text what was written, else of some pictures the class and how sure. */
export interface Moments {
  at: number[];
  texts?: string[];
  pictures?: { picture: string; truth: string }[];
  answers?: [string, number][][];
}
export interface Vitals {
  at: number[];
  layers: LayerVitals[];
  left_out: number;
  whole: Record<string, Numbers>;
}
export interface LayerVitals {
  path: string;
  kind: string;
  output_std?: Numbers;
  silent?: Numbers;
  saturated?: Numbers;
  weight_norm?: Numbers;
  gradient_norm?: Numbers;
  update_ratio?: Numbers;
}
export interface Way {
  at: number[];
  across: Numbers;
  up: Numbers;
  off_plane: Numbers;
  losses: Numbers;
  true: boolean;
  of: string;
  explained: [number, number];
}
export interface Answer { outputs: Packed; classes?: Packed }
export interface Plane {
  kind: "curve" | "plane";
  axes: { name: string; low: number; high: number; points: number }[];
  names: string[];
  target: string;
  answer: Answer;
  frames: (Answer & { at: number })[];
  first: boolean;
  held_out: boolean;
  rows: { coordinates: Packed; target: Packed } | null;
}
