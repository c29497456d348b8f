// The notebook widget by anywidget's contract, and what the page starts it with.

import { flushSync, mount, unmount } from "svelte";
import App from "./App.svelte";
import type { Line } from "./model";
import { hostIsDark, ownModel } from "./notebook";
import type { Model } from "./protocol";
import { Studio } from "./state.svelte";

interface Started {
  studio: Studio;
  line: (state: Line) => void;
  stop: () => void;
}

/** How long the first answer may take before something is said, in milliseconds. */
const PATIENCE = 4000;

export function start(model: Model, element: HTMLElement): Started {
  const studio = new Studio(model);
  const app = mount(App, { target: element, props: { studio } });
  return {
    studio,
    line: (state) => studio.connection(state),
    stop() {
      studio.close();
      void unmount(app);
    },
  };
}

/** A notebook's model is there from the start: there is no line to wait for. */
export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  el.classList.add("cutaway-widget");
  // Keys are the studio's own here: in a notebook's command mode an arrow walks its cells and "d d" deletes one.
  el.dataset.lmSuppressShortcuts = "true";
  const keep = (event: Event) => event.stopPropagation();
  for (const kind of ["keydown", "keyup", "keypress"]) el.addEventListener(kind, keep);

  const own = ownModel(model);
  const started = start(own.model, el);
  flushSync();
  fit(el);
  const dark = hostIsDark(document.body, document.documentElement);
  if (dark !== null) started.studio.dark = dark;
  started.line("open");
  const forget = sayIfNobodyAnswers(started.studio, el);
  return () => {
    forget();
    for (const kind of ["keydown", "keyup", "keypress"]) el.removeEventListener(kind, keep);
    own.leave();
    started.stop();
  };
}

/** A cell's output grows with what is in it: here it is a window of its own, and its header stays in sight. */
function fit(el: HTMLElement): void {
  Object.assign(el.style, { maxHeight: "min(92vh, 1100px)", overflow: "auto", borderRadius: "10px", border: "1px solid #8884" });
  const root = el.querySelector<HTMLElement>(".cutaway");
  if (root) root.style.minHeight = "0";
}

function sayIfNobodyAnswers(studio: Studio, el: HTMLElement): () => void {
  const said = document.createElement("p");
  said.textContent = "No answer from Python yet: the kernel is busy, or this cell is to be run again.";
  said.setAttribute("role", "status");
  const look = setInterval(() => {
    if (studio.scene) {
      said.remove();
      clearInterval(look);
    } else if (!said.isConnected) el.append(said);
  }, PATIENCE);
  return () => clearInterval(look);
}
