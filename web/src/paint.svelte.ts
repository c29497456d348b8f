// A canvas that keeps its size in device pixels and is painted again when what it shows changes, once a screen frame.

import type { Attachment } from "svelte/attachments";

export type Painter = (context: CanvasRenderingContext2D, width: number, height: number) => void;

/**
 * `painter` is read for what it depends on, and called with the size in CSS pixels; `moving`, whether that changes many
 * times a second, when a canvas that is out of sight is not painted. Sizes come from observers: to ask an element for its
 * own would have the whole page laid out in the middle of a change.
 */
export function paint(painter: Painter, moving: () => boolean = () => false): Attachment<HTMLCanvasElement> {
  return (canvas) => {
    const context = canvas.getContext("2d")!;
    const near = seen(canvas);
    let width = $state(canvas.clientWidth);
    let height = $state(canvas.clientHeight);
    const sized = new ResizeObserver(() => ([width, height] = [canvas.clientWidth, canvas.clientHeight]));
    sized.observe(canvas);
    $effect(() => {
      if (moving() && !near.now) return;
      const scale = window.devicePixelRatio || 1;
      const [across, up] = [Math.round(width * scale), Math.round(height * scale)];
      if (canvas.width !== across || canvas.height !== up) [canvas.width, canvas.height] = [across, up];
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      painter(context, width, height);
    });
    return () => sized.disconnect();
  };
}

/** Whether an element is in sight, or nearly; to be asked for where an effect may begin, which ends it. */
export function seen(element: Element): { readonly now: boolean } {
  let near = $state(true); // until the observer has looked
  $effect(() => {
    const watcher = new IntersectionObserver((found) => (near = found.at(-1)!.isIntersecting), { rootMargin: "200px" });
    watcher.observe(element);
    return () => watcher.disconnect();
  });
  return {
    get now() {
      return near;
    },
  };
}
