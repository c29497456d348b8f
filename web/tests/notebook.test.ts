import { expect, test } from "vitest";
import { hostIsDark, ownModel } from "../src/notebook";
import type { Incoming, Model } from "../src/protocol";

/** A widget's model as a notebook gives it: what is sent is kept, and every listener hears all that comes. */
function shared() {
  const sent: { view: string; message: unknown }[] = [];
  const listeners = new Set<(content: Incoming, buffers: DataView[]) => void>();
  const model: Model = {
    send: (content) => void sent.push(content as { view: string; message: unknown }),
    on: (_event, listener) => void listeners.add(listener),
    off: (_event, listener) => void listeners.delete(listener),
  };
  const come = (content: unknown) => listeners.forEach((listener) => listener(content as Incoming, []));
  return { model, sent, listeners, come };
}

test("two views of one widget hear only what is theirs", () => {
  const { model, sent, come } = shared();
  const [one, other] = [ownModel(model), ownModel(model)];
  const heard: [string, unknown][] = [];
  one.model.on("msg:custom", (content) => heard.push(["one", content]));
  other.model.on("msg:custom", (content) => heard.push(["other", content]));
  one.model.send({ id: 1 });
  other.model.send({ id: 1 });
  const [first, second] = sent.map((each) => each.view);
  expect(first).not.toBe(second);
  come({ view: second, message: { id: 1, result: 2 } });
  come({ view: "somebody else's", message: { id: 1 } });
  expect(heard).toEqual([["other", { id: 1, result: 2 }]]);
});

test("a view that goes says so, and listens no more", () => {
  const { model, sent, listeners } = shared();
  const view = ownModel(model);
  const listener = () => {};
  view.model.on("msg:custom", listener);
  expect(listeners.size).toBe(1);
  view.model.off("msg:custom", listener);
  expect(listeners.size).toBe(0);
  view.leave();
  expect(sent.at(-1)?.message).toBe(null);
});

const marked = (dataset: Record<string, string>, ...classes: string[]) => ({
  dataset,
  classList: { contains: (name: string) => classes.includes(name) },
});

test("the colours of the notebook around are known where it says them", () => {
  const plain = marked({});
  expect(hostIsDark(marked({ jpThemeLight: "false" }), plain)).toBe(true);
  expect(hostIsDark(marked({ jpThemeLight: "true" }), plain)).toBe(false);
  expect(hostIsDark(marked({ vscodeThemeKind: "vscode-dark" }), plain)).toBe(true);
  expect(hostIsDark(marked({ vscodeThemeKind: "vscode-light" }), plain)).toBe(false);
  expect(hostIsDark(plain, marked({}, "dark"))).toBe(true);
  expect(hostIsDark(marked({}, "light"), plain)).toBe(false);
  expect(hostIsDark(plain, plain)).toBe(null);
});
