import { expect, test } from "vitest";
import { Client, Refused } from "../src/client";
import type { Frame, Incoming, Model } from "../src/protocol";

/** A model that keeps what is sent, and says what a test has it say. */
function told() {
  const sent: Record<string, unknown>[] = [];
  let listener: (content: Incoming, buffers: DataView[]) => void = () => {};
  const model: Model = { send: (content) => void sent.push(content as Record<string, unknown>), on: (_, each) => void (listener = each), off: () => {} };
  const frames: number[] = [];
  const drawn: (() => void)[] = [];
  const client = new Client(model, { frame: (frame) => frames.push(frame.frame), scene: () => {}, job: () => {}, fault: () => {}, company: () => {} }, (then) => drawn.push(then));
  const say = (content: object) => listener(content as Incoming, []);
  const frame = (number: number, revision: number) => say({ push: "frame", frame: number, revision, version: 0 } as Frame);
  return { client, sent, say, frame, frames, drawn };
}

test("only changes count as revisions, and each answer finds its question", async () => {
  const { client, sent, say } = told();
  const first = client.ask({ do: "weights" });
  const second = client.ask({ do: "edit", path: "0.weight", index: [0], value: 1 });
  expect(sent.map((each) => [each.id, each.revision, each.do])).toEqual([[1, 0, "weights"], [2, 1, "edit"]]);
  say({ id: 2, revision: 1, version: 1, result: "edited" });
  say({ id: 1, revision: 0, version: 0, result: "weights" });
  expect(await second).toBe("edited");
  expect(await first).toBeNull(); // asked before the change that is on show
});

test("a superseded question has no answer, a refused one has a reason", async () => {
  const { client, say } = told();
  const late = client.ask({ do: "forward" });
  say({ id: 1, revision: 0, superseded: true });
  expect(await late).toBeNull();
  const wrong = client.ask({ do: "seek", step: -1 });
  say({ id: 2, revision: 1, error: { kind: "input", message: "no such step" } });
  await expect(wrong).rejects.toEqual(new Refused("no such step", false));
});

test("a frame is acknowledged when it is drawn, and an older one is not shown", () => {
  const { client, sent, say, frame, frames, drawn } = told();
  void client.ask({ do: "seek", step: 3 });
  say({ id: 1, revision: 1, version: 1, result: {} });
  frame(1, 0);
  frame(2, 1);
  expect(frames).toEqual([2]);
  expect(sent.filter((each) => each.do === "ack")).toEqual([]);
  for (const then of drawn) then();
  expect(sent.filter((each) => each.do === "ack").map((each) => each.frame)).toEqual([1, 2]);
});

test("while a change is on its way, frames up to the one before are shown", () => {
  const { client, say, frame, frames } = told();
  void client.ask({ do: "edit", path: "w", index: [0], value: 1 });
  say({ id: 1, revision: 1, version: 1, result: {} });
  void client.ask({ do: "edit", path: "w", index: [0], value: 2 });
  frame(1, 1);
  expect(frames).toEqual([1]);
});
