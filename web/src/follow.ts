// To where a link leads, one step after another; Python may refuse each.

import type { Link } from "./link";
import type { Studio } from "./state.svelte";

/** Open what a link describes; whether it could be had. */
export async function follow(studio: Studio, link: Link): Promise<boolean> {
  if ("lesson" in link) {
    await studio.teach({ do: "lesson", name: link.lesson, step: link.step });
    return studio.lesson?.name === link.lesson;
  }
  const { source, layers, seed, at, selection, ...way } = link;
  if (!(await studio.load(source))) return false;
  const own = layers !== null && JSON.stringify(layers) !== JSON.stringify(studio.scene!.network.chain);
  const { loss, optimizer, batch_size } = studio.scene!.training;
  const same = loss.name === way.loss && optimizer.name === way.optimizer && optimizer.rate === way.rate && batch_size === way.batch_size;
  if ((own || !same) && !(await studio.shape(own ? { layers, ...way } : way))) return false;
  if ((own || seed !== studio.scene!.training.seed) && !(await studio.remake({ do: "new_start", seed }))) return false;
  if (selection) studio.select(selection);
  if (selection?.parameter) studio.what = { kind: "parameter", ...selection.parameter };
  if (at) await studio.trainUntil(at);
  return true;
}
