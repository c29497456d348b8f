// The page's own model: what anywidget gives a widget in a notebook, over a WebSocket.

import { asFrame, fromFrame } from "./arrays";
import type { Incoming, Model } from "./protocol";

/** "gone": nobody answers any more, and most likely nobody will. */
export type Line = "connecting" | "open" | "lost" | "gone";

/** The code with which a server that is ended closes its sockets: "service restart". */
const ENDED = 1012;
const FEW = 5; // tries after which a server that says nothing is taken for one that is gone

/** `line` is told when the connection opens and when it is lost; it is tried again every second, unless the server said that it ends. */
export function socketModel(address: string, line: (state: Line) => void): Model {
  const listeners = new Set<(content: Incoming, buffers: DataView[]) => void>();
  let socket: WebSocket;
  let tries = 0;

  function connect() {
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      tries = 0;
      line("open");
    };
    socket.onclose = ({ code }) => {
      tries += 1;
      line(code === ENDED || tries > FEW ? "gone" : "lost");
      if (code !== ENDED) setTimeout(connect, 1000);
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      const { content, buffers } = fromFrame(event.data);
      const views = buffers.map((each) => new DataView(each));
      for (const listener of listeners) listener(content as Incoming, views);
    };
  }

  line("connecting");
  connect();
  return {
    send(content, _callbacks, buffers = []) {
      if (socket.readyState === WebSocket.OPEN) socket.send(asFrame(content, buffers));
    },
    on: (_event, listener) => void listeners.add(listener),
    off: (_event, listener) => void listeners.delete(listener),
  };
}
