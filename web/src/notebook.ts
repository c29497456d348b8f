// What a notebook does around the widget: several views of one widget, and colours of its own.

import type { Incoming, Model } from "./protocol";

type Listener = Parameters<Model["on"]>[1];
/** What is asked of an element of the page around. */
interface Marked {
  dataset: Record<string, string | undefined>;
  classList: { contains(name: string): boolean };
}

/** The views of one widget all hear its messages: each message carries the name of the view it is to or from. */
export function ownModel(shared: Model): { model: Model; leave: () => void } {
  const view = Math.random().toString(36).slice(2) + Date.now().toString(36);
  const heard = new Map<Listener, Listener>();
  const model: Model = {
    send: (message, callbacks, buffers) => shared.send({ view, message }, callbacks, buffers),
    on(event, listener) {
      const mine: Listener = (content, buffers) => {
        const told = content as unknown as { view?: string; message: Incoming };
        if (told.view === view) listener(told.message, buffers);
      };
      heard.set(listener, mine);
      shared.on(event, mine);
    },
    off(event, listener) {
      const mine = heard.get(listener);
      if (mine) shared.off(event, mine);
      heard.delete(listener);
    },
  };
  return { model, leave: () => shared.send({ view, message: null }) };
}

/** Whether the notebook around the widget is dark; null where it does not say. */
export function hostIsDark(body: Marked, root: Marked): boolean | null {
  const lab = body.dataset.jpThemeLight ?? body.dataset.vscodeThemeKind;
  if (lab !== undefined) return lab === "false" || lab === "vscode-dark" || lab === "vscode-high-contrast";
  for (const each of [body, root]) {
    if (each.classList.contains("dark")) return true;
    if (each.classList.contains("light")) return false;
  }
  return null;
}
