// Colours, each with one meaning: sign, class, and the height of an output. Light and dark.

export interface Palette {
  paper: string;
  card: string;
  sunk: string; // fields and tracks
  ink: string;
  soft: string; // second voice; 4.5:1 on paper
  line: string;
  rim: string; // around what is drawn on a coloured ground
  accent: string;
  minus: string;
  zero: string;
  plus: string;
}

export const LIGHT: Palette = {
  paper: "#f6f5f2", card: "#ffffff", sunk: "#efedea", ink: "#1d1c1a", soft: "#65625d", line: "#e2dfda", rim: "#ffffff",
  accent: "#5b46c9", minus: "#c85200", zero: "#f7f7f7", plus: "#1170aa",
};
export const DARK: Palette = {
  paper: "#121215", card: "#1b1b20", sunk: "#26262c", ink: "#eeede9", soft: "#a5a29c", line: "#34343b", rim: "#eeede9",
  accent: "#ab9dff", minus: "#f28a3c", zero: "#2e2e35", plus: "#5cb2ea",
};

/**
 * Okabe and Ito's colours (2008), which people with every kind of colour vision tell apart. Of two classes one output
 * means the second where it is above 0: as in the network blue is above 0, and orange below.
 */
export const CLASSES = ["#e69f00", "#0072b2", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#7f7f7f"];

export function classColour(place: number): string {
  return CLASSES[place % CLASSES.length]!;
}

export type Rgb = [number, number, number];

export function rgb(hex: string): Rgb {
  const number = Number.parseInt(hex.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

export function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  return [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * share)) as Rgb;
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** Orange below zero, blue above; `most` is the magnitude at the ends. What is not finite is marked, not clamped. */
export function signScale(palette: Palette, most: number): (value: number) => Rgb {
  const shades = signShades(palette);
  const scale = most > 0 ? SHADES / most : 0;
  return (value) => {
    const place = Math.round(value * scale);
    if (place >= -SHADES && place <= SHADES) return shades[SHADES + place]!;
    if (!Number.isFinite(value)) return [255, 0, 255];
    return shades[value < 0 ? 0 : 2 * SHADES]!;
  };
}

/** From one end of the colours of a sign to the other, in steps that no eye tells apart; they are mixed once for a palette. */
const SHADES = 256;
const mixes = new WeakMap<Palette, Rgb[]>();

function signShades(palette: Palette): Rgb[] {
  const known = mixes.get(palette);
  if (known) return known;
  const [minus, zero, plus] = [rgb(palette.minus), rgb(palette.zero), rgb(palette.plus)];
  const made = Array.from({ length: 2 * SHADES + 1 }, (_, i) => mixed(zero, i < SHADES ? minus : plus, Math.abs(i - SHADES) / SHADES));
  mixes.set(palette, made);
  return made;
}

/** Low to high in one direction of lightness, through colours that every kind of colour vision orders alike. */
const HEIGHTS = ["#12305c", "#35517a", "#5c6b78", "#8a8a78", "#bba96c", "#f2d65c"].map(rgb);

export function heightScale(low: number, high: number): (value: number) => Rgb {
  return (value) => {
    if (!Number.isFinite(value)) return [255, 0, 255];
    const place = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) * (HEIGHTS.length - 1) : 0;
    const step = Math.min(HEIGHTS.length - 2, Math.floor(place));
    return mixed(HEIGHTS[step]!, HEIGHTS[step + 1]!, place - step);
  };
}
