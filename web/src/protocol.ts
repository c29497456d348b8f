// The messages between the page and Python, as types. What they mean is told in docs/guides/studio_protocol.md.
// Python is the only truth for numbers: the page draws what arrives and computes no number of the network itself.

import type {
  Attention, Boundary, Capacity, Curves, FixTried, Forward, Landscape, Norms, Responses, Rows, Sentence,
} from "./replies";
import type { Command } from "./requests";
import type { Scene, Time } from "./scene";

export type * from "./replies";
export type * from "./requests";
export type * from "./scene";

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
export type Push = Frame | SceneChanged | JobTold | FaultTold | Company;

/** At most 30 a second, the latest only, and none before the last was acknowledged by {do: "ack", frame}. */
export interface Frame {
  push: "frame";
  frame: number;
  revision: number; // the newest of this client's revisions that this frame contains
  version: number;
  opened: number; // of which network: that of the scene with the same
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
/** How many pages look at this session, when one comes or goes: what one changes, changes in all. */
export interface Company { push: "company"; clients: number }
/** A frame could not be made, by a fault of ours; said once. */
export interface FaultTold { push: "fault"; message: string }
