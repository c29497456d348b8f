// The picture of what a network answers everywhere: a map of two columns or the curve of one, its rows, and its frame.

import { frame, paintCurve, paintPlane, paintRows, paintSquares, type Frame } from "./boundary";
import type { Palette } from "./colour";
import { shown } from "./figures";
import type { Boundary } from "./protocol";

export interface Drawing {
  up: string; // what goes up where no column does
  chosen?: number | null; // the row that is marked
  squares?: boolean; // on each row's distance to the curve
}

export function paintMap(
  context: CanvasRenderingContext2D, told: Boundary, width: number, height: number, palette: Palette, drawing: Drawing,
): void {
  const place = frame(told, width, height);
  context.save();
  context.beginPath();
  context.rect(place.left, place.top, place.width, place.height);
  context.clip();
  if (told.kind === "plane") paintPlane(context, told, place, palette);
  else {
    if (drawing.squares) paintSquares(context, told, place, palette);
    paintCurve(context, told, place, palette);
  }
  context.restore();
  paintRows(context, told, place, palette, drawing.chosen ?? null);
  context.strokeStyle = palette.line;
  context.strokeRect(place.left, place.top, place.width, place.height);
  label(context, told, place, palette, drawing.up);
}

/** The ends and the name of each side. */
function label(context: CanvasRenderingContext2D, told: Boundary, place: Frame, palette: Palette, up: string): void {
  context.fillStyle = palette.soft;
  context.font = "12px system-ui, sans-serif";
  const { low, high, name } = told.axes[0]!;
  const below = place.top + place.height + 15;
  const said = [[shown(low, 3), "left", place.x(low)], [name, "center", place.left + place.width / 2], [shown(high, 3), "right", place.x(high)]] as const;
  for (const [text, align, x] of said) {
    context.textAlign = align;
    context.fillText(text, x, below);
  }
  context.textAlign = "right";
  // Narrower rather than cut: of a minus that is cut a hyphen is left.
  context.fillText(shown(place.high, 3), place.left - 5, place.top + 10, place.left - 7);
  context.fillText(shown(place.low, 3), place.left - 5, place.top + place.height, place.left - 7);
  context.save();
  context.translate(place.left - 9, place.top + place.height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(told.axes[1]?.name ?? (told.classes ? "probability" : up), 0, 0);
  context.restore();
}
