// The page's own model: what anywidget gives a widget in a notebook, over a WebSocket.

import { asFrame, fromFrame } from "./arrays";
import type { Incoming, Model } from "./protocol";

export type Line = "connecting" | "open" | "lost";

/** `line` is told when the connection opens and when it is lost; it is tried again every second. */
export function socketModel(address: string, line: (state: Line) => void): Model {
  const listeners = new Set<(content: Incoming, buffers: DataView[]) => void>();
  let socket: WebSocket;

  function connect() {
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => line("open");
    socket.onclose = () => {
      line("lost");
      setTimeout(connect, 1000);
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
