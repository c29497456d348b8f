// Arrays on the way: from the buffers of a message to typed arrays, and back.

import type { NumberArray, Placed } from "./protocol";

const MAKERS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array };
const NOT_FINITE = { nan: NaN, inf: Infinity, "-inf": -Infinity };

/** Content with its arrays and its numbers that JSON has no name for put back. */
export function unpacked(content: unknown, buffers: ArrayBuffer[]): unknown {
  if (Array.isArray(content)) return content.map((part) => unpacked(part, buffers));
  if (content === null || typeof content !== "object" || ArrayBuffer.isView(content)) return content; // or unpacked already
  if ("$number" in content) return NOT_FINITE[content.$number as keyof typeof NOT_FINITE];
  if ("$array" in content) {
    const placed = content as Placed;
    const buffer = buffers[placed.$array];
    if (buffer === undefined) throw new Error(`message: there is no buffer ${placed.$array}`);
    return { shape: placed.shape, type: placed.type, data: new MAKERS[placed.type](buffer) };
  }
  return Object.fromEntries(Object.entries(content).map(([name, part]) => [name, unpacked(part, buffers)]));
}

/** One message as a frame of the socket: length of the header, header, buffers. */
export function asFrame(content: unknown, buffers: ArrayBuffer[]): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(JSON.stringify({ content, buffers: buffers.map((each) => each.byteLength) }));
  const size = buffers.reduce((sum, each) => sum + each.byteLength, 4 + header.length);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  let begin = 4 + header.length;
  for (const buffer of buffers) {
    bytes.set(new Uint8Array(buffer), begin);
    begin += buffer.byteLength;
  }
  return bytes;
}

/** Content and buffers of a frame; each buffer is a copy of its own, as they do not lie aligned. */
export function fromFrame(bytes: ArrayBuffer): { content: unknown; buffers: ArrayBuffer[] } {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  let begin = 4 + length;
  const buffers = (header.buffers as number[]).map((size) => bytes.slice(begin, (begin += size)));
  return { content: header.content, buffers };
}

/** The bytes of a view as a buffer of their own; one that is whole is taken as it is. */
export function bufferOf(view: DataView): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = view as DataView<ArrayBuffer>;
  return byteOffset === 0 && byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
}

/** The number at a place, or undefined where there is none. */
export function at(array: NumberArray | null | undefined, ...place: number[]): number | undefined {
  if (!array || place.length !== array.shape.length) return undefined;
  let offset = 0;
  for (const [axis, index] of place.entries()) {
    const size = array.shape[axis] ?? 0;
    if (index < 0 || index >= size) return undefined;
    offset = offset * size + index;
  }
  return array.data[offset];
}

/** The largest magnitude of the finite numbers; 0 where there is none. */
export function largest(numbers: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) {
    const size = Math.abs(numbers[i]!);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** The lowest and highest of the finite numbers; [0, 1] where there is none. */
export function range(...many: ArrayLike<number>[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const numbers of many)
    for (let i = 0; i < numbers.length; i++) {
      const each = numbers[i]!;
      if (!Number.isFinite(each)) continue;
      if (each < low) low = each;
      if (each > high) high = each;
    }
  return low > high ? [0, 1] : [low, high];
}
