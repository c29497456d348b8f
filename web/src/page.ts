// The page: the studio over a WebSocket to the server that the page came from.

import { socketModel, type Line } from "./model";
import { start } from "./widget";

/** Where the secret is kept: other ports of this machine, which are sent its cookies, cannot read it. */
const KEPT = "cutaway studio";

export function open(element: HTMLElement): void {
  const token = key();
  const address = new URL(`/socket?token=${encodeURIComponent(token)}`, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";

  let tell: (state: Line) => void = () => {};
  const model = socketModel(address.href, (state) => tell(state));
  const started = start(model, element);
  tell = started.line;
  // Once only: a reload is to show what became of it.
  if (location.hash && started.studio.wishFor(location.hash)) history.replaceState(null, "", location.pathname + location.search);
}

/** The secret that opens the socket: of the address the first time, which then no longer shows it, and from then on of this origin's storage. */
function key(): string {
  const given = new URLSearchParams(location.search).get("token");
  try {
    if (given) localStorage.setItem(KEPT, given);
    const known = given ?? localStorage.getItem(KEPT) ?? "";
    if (given) history.replaceState(null, "", location.pathname + location.hash);
    return known;
  } catch {
    return given ?? ""; // a browser that keeps nothing: the address keeps it, for a reload
  }
}
