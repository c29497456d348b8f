// A session that was kept as a file: a model that answers from the moments in it, as Python would, and changes nothing.

import { fromFrame, unpacked } from "./arrays";
import type {
  Attention, Boundary, Capacity, Command, Curves, Forward, Frame, Incoming, Landscape, Model, Norms, Responses, Rows, Saliency, Filters,
  Scene, Sentence, Time, What,
} from "./protocol";

export interface Moment {
  frame: { time: Time; forward: Forward; boundary?: Boundary; responses?: Responses; norms?: Norms; attention?: Attention } & Pick<Frame, "weights" | "gradients">;
  rows: Partial<Record<Rows["part"], Rows>>;
  saliency?: Saliency;
  filters?: Filters;
  sentences: Record<string, Sentence>;
}
export interface Held {
  format: 1;
  scene: Scene;
  map: { rows?: Boundary["rows"] };
  moments: [number, number][]; // the branch that owns the step, and the step
  here: [number, number];
  curves: Curves[];
  studies: { landscape?: Landscape; capacity?: Capacity };
}

/** The name of a sentence in the file. */
export function keyOf(what: What): string {
  const [name, place] =
    what.kind === "parameter" ? [what.path, what.index]
    : what.kind === "unit" ? [what.layer, what.place]
    : what.kind === "operation" ? [what.name, what.place ?? []]
    : ["", what.kind === "input" ? what.place : []];
  return `${what.kind} ${name} ${place.join()}`;
}

/** The branch whose own a step is, seen from a branch. */
export function owner(scene: Scene, number: number, step: number): number {
  let branch = scene.branches.find((each) => each.number === number);
  while (branch && step < branch.from && branch.parent !== null) {
    const parent = branch.parent;
    branch = scene.branches.find((each) => each.number === parent);
  }
  return branch?.number ?? number;
}

/** The kept moment nearest to a step, among those that can be seen from a branch: its place in the file. */
export function nearest({ scene, moments }: Pick<Held, "scene" | "moments">, number: number, step: number): number {
  let found = 0;
  let away = Infinity;
  for (const [place, [branch, at]] of moments.entries()) {
    const far = Math.abs(at - step);
    if (far < away && owner(scene, number, at) === branch) [found, away] = [place, far];
  }
  return found;
}

/** The model of a kept session. */
export function keptModel(held: Held, moments: Moment[]): Model {
  type Listener = Parameters<Model["on"]>[1];
  const listeners = new Set<Listener>();
  let [branch, place] = [held.scene.time.branch, 0];
  let frames = 0;
  let told = -1; // the branch whose curves were sent
  let scene = held.scene;
  place = nearest(held, branch, held.here[1]);

  const say = (content: unknown) => queueMicrotask(() => listeners.forEach((listener) => listener(content as Incoming, [])));
  const now = (): Time => {
    const last = scene.branches.find((each) => each.number === branch)?.last ?? 0;
    return { ...moments[place]!.frame.time, branch, last };
  };
  function show(revision: number): void {
    const { frame, rows } = moments[place]!;
    const boundary = frame.boundary && { ...frame.boundary, rows: held.map.rows ?? null };
    const fresh = told !== branch;
    told = branch;
    say({
      push: "frame", frame: ++frames, revision, version: 0, opened: scene.opened, ...frame, boundary, time: now(),
      ...(rows.training ? { rows: rows.training } : {}),
      ...(fresh ? { curves: held.curves.find((each) => each.branch === branch) } : {}),
    });
  }

  function answer(command: Command, revision: number): unknown {
    const moment = moments[place]!;
    switch (command.do) {
      case "open":
        for (const what of ["landscape", "capacity"] as const)
          if (held.studies[what]) say({ push: "job", job: what === "landscape" ? 1 : 2, what, done: 1, total: 1, state: "done", result: held.studies[what] });
        return { ...scene, time: now() };
      case "watch":
        told = -1;
        show(revision);
        return {};
      case "seek":
        branch = command.branch ?? branch;
        place = nearest(held, branch, command.step);
        show(revision);
        return now();
      case "select":
        if (command.parameter !== undefined) scene = { ...scene, selection: { ...scene.selection, parameter: command.parameter } };
        else if (command.part !== undefined) return undefined;
        return moment.frame.forward;
      case "number":
        return moment.sentences[keyOf(command.what)] ?? null;
      case "forward":
        return moment.frame.forward;
      case "rows":
        return moment.rows[command.part ?? "training"];
      case "curves":
        return held.curves.find((each) => each.branch === (command.branch ?? branch));
      case "saliency":
      case "filters":
        return moment[command.do];
      default:
        return undefined;
    }
  }

  return {
    send(content) {
      const { id, revision, ...command } = content as { id: number; revision: number } & Command;
      if (command.do === "ack") return;
      const result = answer(command as Command, revision);
      if (result !== undefined) say({ id, revision, version: 0, result });
      else say({ id, revision, error: { kind: "input", message: `${command.do}: this is a session kept as a file, which can be looked at and not changed; cutaway studio opens one that can` } });
    },
    on: (_event, listener) => void listeners.add(listener),
    off: (_event, listener) => void listeners.delete(listener),
  };
}

/** The messages in a file: base64 of what is deflated, each message after its length. */
export async function messages(text: string): Promise<unknown[]> {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const whole = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  const found: unknown[] = [];
  for (let begin = 0; begin < whole.byteLength; ) {
    const size = new DataView(whole).getUint32(begin, true);
    const { content, buffers } = fromFrame(whole.slice(begin + 4, begin + 4 + size));
    found.push(unpacked(content, buffers));
    begin += 4 + size;
  }
  return found;
}
