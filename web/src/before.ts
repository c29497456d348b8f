// The picture of the rung that a person leaves, kept beside the next one: what Python last said of it.

import { counted, shown } from "./figures";
import type { Boundary, Scene, Time } from "./protocol";

export interface Before {
  title: string;
  told: Boundary;
  up: string;
  step: string;
  loss: string;
}

/** What is kept of a rung; null where nothing was drawn over its columns. */
export function kept(scene: Scene, told: Boundary | null, time: Time | null): Before | null {
  if (!told || !time) return null;
  const title = scene.ladder.find((rung) => rung.here)?.title ?? scene.title;
  return { title, told, up: scene.data.target, step: counted(time.step), loss: shown(time.loss) };
}
