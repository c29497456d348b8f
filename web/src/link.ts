// A session as a short description: what it learns from, its layers, how it learns, the seed, the step and what is selected.
// No weights and no rows: a training that no hand has touched is made again, the same to the last bit.

import type { Change, RungName, Scene, Selection, Source, Time } from "./protocol";

export type Link =
  | { lesson: string; step: number }
  | {
      source: Source; layers: NonNullable<Change["layers"]> | null; loss: string; optimizer: string; rate: number; batch_size: number; seed: number;
      at: number; selection: Selection | null;
    };

/** A link trains so many steps at most before it shows what it leads to. */
const MOST_STEPS = 50_000;

const RUNGS: RungName[] = ["line", "neuron", "layer", "network", "attention"];

/** The description of what is on show; null for rows of a person's own, which do not fit into a link. */
export function written(scene: Scene, step: number, time: Time): string | null {
  const lesson = scene.lessons.find((each) => each.here);
  if (lesson) return String(new URLSearchParams({ lesson: lesson.name, step: String(step) }));
  const bundled = scene.sources.bundled.find((each) => each.name === scene.data.name);
  if (!scene.rung && !bundled) return null;
  const { loss, optimizer, batch_size, seed } = scene.training;
  const { part, example, parameter } = scene.selection;
  return String(
    new URLSearchParams({
      ...(scene.rung ? { rung: scene.rung } : { set: bundled!.name }),
      ...(scene.network.chain ? { layers: JSON.stringify(scene.network.chain.map(({ kind, settings }) => [kind, settings])) } : {}),
      loss: loss.name, optimizer: optimizer.name, rate: String(optimizer.rate), batch: String(batch_size), seed: String(seed),
      ...(leadsHere(time) ? { at: String(time.step) } : {}),
      ...(part !== "typed" ? { part, example: String(example) } : {}),
      ...(parameter ? { weight: [parameter.path, ...parameter.index].join() } : {}),
    }),
  );
}

/** Whether a link can lead to where the network stands: by training alone, within reason. */
export function leadsHere(time: Time): boolean {
  return time.again && time.step > 0 && time.step <= MOST_STEPS;
}

/** What a description, or an address that ends in one, asks for; null where it is none. Python refuses what is not to be had. */
export function read(text: string): Link | null {
  const told = new URLSearchParams(text.slice(text.indexOf("#") + 1).trim());
  const lesson = told.get("lesson");
  if (lesson) return { lesson, step: whole(told.get("step")) ?? 0 };
  const rung = RUNGS.find((each) => each === told.get("rung"));
  const set = told.get("set");
  const [rate, batch_size, seed] = [Number(told.get("rate") ?? NaN), whole(told.get("batch")), whole(told.get("seed"))];
  const [loss, optimizer] = [told.get("loss"), told.get("optimizer")];
  if ((!rung && !set) || !loss || !optimizer || !Number.isFinite(rate) || batch_size === null || seed === null) return null;
  const source = rung ? { rung } : { bundled: set! };
  try {
    const layers = told.get("layers");
    return {
      source, layers: layers ? chain(JSON.parse(layers)) : null, loss, optimizer, rate, batch_size, seed,
      at: Math.min(MOST_STEPS, whole(told.get("at")) ?? 0), selection: selected(told),
    };
  } catch {
    return null;
  }
}

function chain(told: unknown): NonNullable<Change["layers"]> {
  if (!Array.isArray(told)) throw new TypeError("no layers");
  return told.map((each) => ({ kind: String(each[0]), settings: each[1] as Record<string, number | string> }));
}

function selected(told: URLSearchParams): Selection | null {
  const part = told.get("part");
  const example = whole(told.get("example"));
  if ((part !== "training" && part !== "held_out") || example === null) return null;
  const [path, ...index] = (told.get("weight") ?? "").split(",");
  return { part, example, parameter: path ? { path, index: index.map(Number) } : null };
}

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null;
}
