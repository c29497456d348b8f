// The colours of a report: those of the reader's screen until they choose others; on paper always the light ones.

import { DARK, LIGHT, type Palette } from "../colour";
import { provide, type Studio } from "../state.svelte";

export class Look {
  dark = $state(matchMedia("(prefers-color-scheme: dark)").matches);
  palette: Palette = $derived(this.dark ? DARK : LIGHT);
}

/** The studio's parts ask the studio of their page for its colours, and of a report need nothing else. */
export function provideLook(look: Look): void {
  provide(look as unknown as Studio);
}
