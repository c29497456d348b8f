// The notebook widget by anywidget's contract, and what the page starts it with.

import { mount, unmount } from "svelte";
import App from "./App.svelte";
import type { Line } from "./model";
import type { Model } from "./protocol";
import { Studio } from "./state.svelte";

export function start(model: Model, element: HTMLElement): { line: (state: Line) => void; stop: () => void } {
  const studio = new Studio(model);
  const app = mount(App, { target: element, props: { studio } });
  return {
    line: (state) => studio.connection(state),
    stop() {
      studio.close();
      void unmount(app);
    },
  };
}

/** A notebook's model is there from the start: there is no line to wait for. */
export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const started = start(model, el);
  started.line("open");
  return started.stop;
}
