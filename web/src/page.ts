// The page: the studio over a WebSocket to the server that the page came from.

import { socketModel, type Line } from "./model";
import { start } from "./widget";

export function open(element: HTMLElement): void {
  const token = new URLSearchParams(location.search).get("token");
  const address = new URL(token ? `/socket?token=${encodeURIComponent(token)}` : "/socket", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";

  let tell: (state: Line) => void = () => {};
  const model = socketModel(address.href, (state) => tell(state));
  const started = start(model, element);
  tell = started.line;
  // Once only: a reload is to show what became of it.
  if (location.hash && started.studio.wishFor(location.hash)) history.replaceState(null, "", location.pathname + location.search);
}
