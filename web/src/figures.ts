// Numbers as words: so many significant digits, a true minus, no zeros at the end; as cutaway.explain.figures does.

export function shown(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const [mantissa, power] = Math.abs(value).toExponential().split("e") as [string, string]; // every digit that it has
  const known = mantissa.replace(".", "");
  const kept = Math.abs(value) >= 1e9 ? digits : Math.max(digits, Number(power) + 1);
  const rounded = halfEven(known, kept);
  const above = Number(power) + (rounded.length > Math.min(kept, known.length) ? 1 : 0); // 9.9996 has become 10
  return (value < 0 ? "−" : "") + written(rounded.replace(/0+$/, ""), above);
}

/** The marks of an axis, with three digits, or as many as tell them apart; "" for one that is not to be written. */
export function apart(marks: (number | null)[]): string[] {
  const words = (digits: number) => marks.flatMap((mark) => (mark === null ? [] : shown(mark, digits)));
  let digits = 3;
  while (digits < 9 && new Set(words(digits)).size < words(9).length) digits += 1;
  return marks.map((mark) => (mark === null ? "" : shown(mark, digits)));
}

/** The ends of an axis, at least a thousandth of its numbers apart: what does not move is drawn as a level line. */
export function least(low: number, high: number): [number, number] {
  const more = Math.max(0, Math.abs(high) / 1000 - (high - low)) / 2;
  return [low - more, high + more];
}

/** What is true of a row: a number, a name, or of several targets each one. */
export function truth(target: number | string | [name: string, value: number][] | null): string {
  if (Array.isArray(target)) return target.map(([name, value]) => `${name} ${shown(value)}`).join(", ");
  return typeof target === "string" ? target : shown(target);
}

/** Every digit that the number has, for a title. */
export function whole(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value).replaceAll("-", "−");
}

/** Cells of a file, and what is said of them, with the minus of all other numbers. */
export function minus(text: string): string {
  return text.replace(/(^|\s)-(?=\.?\d)/g, "$1−");
}

const APART = new Intl.NumberFormat("en-US"); // made once: to make one takes as long as to write a hundred numbers

/** A whole number with its thousands apart. */
export function counted(value: number): string {
  return APART.format(value);
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
/** A power of ten as `shown` writes it, with the digits before it or without. */
const POWER = /(?:(^|\d|\.)\s*[·×]\s*|(?<=^[-+]?))10(⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/;
const raised = (power: string) => [...power].map((letter) => (letter === "⁻" ? "-" : SUPERSCRIPTS.indexOf(letter))).join("");

/** The number that was typed, with a minus of either kind, or with a power of ten; null where it is none. */
export function typed(text: string): number | null {
  const value = Number(text.trim().replaceAll("−", "-").replaceAll("–", "-").replace(POWER, (_, digits: string, power: string) => `${digits || "1"}e${raised(power)}`));
  return text.trim() === "" || Number.isNaN(value) ? null : value;
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** A place, counted from 0, as the index that books write: counted from 1. */
export function subscript(place: number): string {
  return [...String(place + 1)].map((digit) => SUBSCRIPTS[Number(digit)]).join("");
}

/** The first digits of a decimal number, rounded; what lies in the middle goes to the even one, as Python rounds. */
function halfEven(digits: string, kept: number): string {
  const [head, rest] = [digits.slice(0, kept), digits.slice(kept)];
  const half = "5".padEnd(rest.length, "0");
  const up = rest > half || (rest !== "" && rest === half && Number(head.at(-1)) % 2 === 1);
  return up ? String(BigInt(head) + 1n) : head;
}

/** Digits without zeros at their end, of which the first stands for so many powers of ten. */
function written(digits: string, power: number): string {
  if (power < -4 || power >= 15) return `${digits[0]}${digits.length > 1 ? "." : ""}${digits.slice(1)}·10${power < 0 ? "⁻" : ""}${[...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("")}`;
  if (power < 0) return `0.${"0".repeat(-power - 1)}${digits}`;
  const before = digits.slice(0, power + 1).padEnd(power + 1, "0");
  return digits.length > power + 1 ? `${before}.${digits.slice(power + 1)}` : before;
}
