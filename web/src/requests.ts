// What the page asks of Python: each command with its arguments, and after the arrow what it is answered by.

import type { Placed } from "./protocol";
import type { Rows } from "./replies";
import type { RungName, Selection } from "./scene";

export type Command =
  | { do: "open" } // → Scene
  | { do: "load"; source: Source } // → Scene
  | { do: "inspect"; name: string; bytes: Placed } // → Inspected; u1
  | { do: "back" } // → Scene: rows of one's own that a rung or a lesson took the place of, as they were left
  | { do: "runs" } // → RunsHere
  | { do: "watch"; views: Watch; rate?: number } // → {}; rate: frames a second, at most 30
  | { do: "ack"; frame: number } // no reply
  | { do: "select"; part?: Selection["part"]; example?: number; typed?: Record<string, number | string | null>; parameter?: Selection["parameter"] } // → Forward
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
  | { do: "zero" } // → Scene: every weight 0, on a new branch
  | { do: "shape"; change: Change } // → Scene
  | ({ do: "boundary" } & Grid) // → Boundary
  | ({ do: "responses"; layers?: string[] } & Grid) // → Responses
  | { do: "rows"; part?: Rows["part"]; order?: Rows["order"]; offset?: number; count?: number } // → Rows
  | { do: "curves"; since?: number; branch?: number } // → Curves
  | { do: "findings" } // → Examined
  | { do: "try_fix"; finding: number; branch?: number } // → {job}; branch: refused where another is on show
  | { do: "apply_fix"; finding: number; branch?: number } // → Scene
  | { do: "landscape"; plane?: "trajectory" | "random" | [{ path: string; index: number[] }, { path: string; index: number[] }]; points?: number } // → {job}
  | { do: "capacity"; widths?: number[]; resamples?: number; seeds?: number; epochs?: number } // → {job}
  | { do: "cancel"; job: number } // → {}
  | { do: "attention"; text?: string } // → Attention; the selected example's text where none is given
  | { do: "saliency"; output?: number } // → Saliency
  | { do: "filters" } // → Filters
  | { do: "norms" } // → Norms
  | { do: "lesson"; name?: string; step?: number } // → Lessoned: a step of a lesson, before its prediction; no name: close it
  | { do: "predict"; choice?: number; live?: boolean } // → Lessoned; no choice: only show me
  | { do: "tell" } // → Lesson, with the figures of the network as it is now
  | { do: "keep" } // → Exported: the session as one file
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

export type What =
  | { kind: "parameter"; path: string; index: number[] }
  | { kind: "unit"; layer: string; place: number[] } // of a layer's output, without batch axis
  | { kind: "input"; place: number[] }
  | { kind: "loss" }
  | { kind: "operation"; name: string; place?: number[] }; // of the ledger

export type StepSize = "example" | "batch" | "epoch";

export interface Grid {
  axes?: string[] | "pca"; // one or two of data.axes; default the first ones
  others?: "example" | "mean"; // what the other columns are held at
  points?: number; // along each axis, 2 to 200
  rows?: boolean; // whether the rows' places come too
}
