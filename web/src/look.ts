// What the parts of a page ask of it, be it the studio or a report: its colours, and which panels are pointed to.

import { getContext, setContext } from "svelte";
import type { Palette } from "./colour";

export interface Look {
  readonly dark: boolean;
  readonly palette: Palette;
  readonly pointed: readonly string[]; // names of panels that a lesson points to
  readonly moving?: boolean; // whether what it shows changes many times a second
}

const KEY = Symbol("look");

export function provideLook(look: Look): void {
  setContext(KEY, look);
}

/** The look of the page, for the parts of it. */
export function useLook(): Look {
  return getContext<Look>(KEY);
}
