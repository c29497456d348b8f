// A number in the hand: dragged, stepped by keys, or typed.

/** What a pointer does to a number: `set` while it moves, `done` when it lets go, `tap` where it never moved. */
export interface Turn {
  begin: number;
  set(value: number, more: boolean): void;
  tap?(): void;
  done?(): void;
}

/** Up and right raise; 100 pixels are one, or the number's own size where that is more; with Shift a tenth of it. */
export function turn(event: PointerEvent, { begin, set, tap, done }: Turn): void {
  if (event.button !== 0) return;
  const target = event.currentTarget as Element;
  const unit = Math.max(1, Math.abs(begin)) / 100;
  let [x, y, value, moved] = [event.clientX, event.clientY, begin, false];
  target.setPointerCapture(event.pointerId);

  function move(next: Event) {
    if (!(next instanceof PointerEvent)) return;
    if (!moved && Math.hypot(next.clientX - x, next.clientY - y) < 4) return;
    const by = next.clientX - x - (next.clientY - y);
    [x, y] = [next.clientX, next.clientY];
    value += by * unit * (next.shiftKey ? 0.1 : 1);
    set(rounded(value), moved);
    moved = true;
  }
  function end() {
    target.removeEventListener("pointermove", move);
    if (!moved) tap?.();
    done?.();
  }
  target.addEventListener("pointermove", move);
  target.addEventListener("lostpointercapture", end, { once: true });
}

/** The number after a key: arrows a tenth, with Shift a hundredth, pages one; null for another key. */
export function stepped(event: KeyboardEvent, value: number): number | null {
  const sign = { ArrowUp: 1, PageUp: 10, ArrowDown: -1, PageDown: -10 }[event.key];
  return sign === undefined ? null : rounded(value + sign * (event.shiftKey ? 0.01 : 0.1));
}

/** Whether a key begins a number that is typed. */
export function begins(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && !event.altKey && /^[0-9.,+−-]$/.test(event.key);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
