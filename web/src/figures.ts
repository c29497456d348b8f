// Numbers as words: so many significant digits, a true minus, no zeros at the end; as cutaway.explain.figures does.

export function shown(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const decimals = Math.min(100, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
  const rounded = size >= 1e9 ? Number(value.toPrecision(digits)) : Number(value.toFixed(decimals));
  return (Math.abs(rounded) < 1e-4 || size >= 1e15 ? exponential(rounded) : plain(rounded, decimals)).replaceAll("-", "−");
}

/** Every digit that the number has, for a title. */
export function whole(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value).replaceAll("-", "−");
}

/** A whole number with its thousands apart. */
export function counted(value: number): string {
  return value.toLocaleString("en-US");
}

/** The number that was typed, with a minus of either kind; null where it is none. */
export function typed(text: string): number | null {
  const value = Number(text.trim().replaceAll("−", "-").replaceAll("–", "-"));
  return text.trim() === "" || Number.isNaN(value) ? null : value;
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** A place, counted from 0, as the index that books write: counted from 1. */
export function subscript(place: number): string {
  return [...String(place + 1)].map((digit) => SUBSCRIPTS[Number(digit)]).join("");
}

function plain(value: number, decimals: number): string {
  const text = Math.abs(value) >= 1e9 ? value.toFixed(0) : value.toFixed(decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function exponential(value: number): string {
  const [mantissa, power] = value.toExponential().split("e");
  return `${mantissa}e${Number(power)}`;
}
