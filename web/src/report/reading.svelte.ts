// The colours of a report: those of the reader's screen until they choose others; on paper always the light ones.

import { DARK, LIGHT, type Palette } from "../colour";
import type { Look } from "../look";

export class Reading implements Look {
  dark = $state(matchMedia("(prefers-color-scheme: dark)").matches);
  palette: Palette = $derived(this.dark ? DARK : LIGHT);
  readonly pointed = [];
}
