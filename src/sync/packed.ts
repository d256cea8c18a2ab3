/** Node numbers packed as 32-bit integers, ascending and without repeats: 4 bytes a membership. */
export type Packed = Int32Array;

export function pack(nodes: Packed | readonly number[]): Packed {
  const sorted = Int32Array.from(nodes).sort();
  let length = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[length++] = sorted[i] ?? 0;
  }
  return sorted.slice(0, length);
}

export const toBlob = (packed: Packed): Buffer => Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);

export function fromBlob(blob: Buffer | null): Packed {
  if (blob === null || blob.length === 0) return EMPTY;
  // A copy: a Buffer need not begin at a multiple of 4 bytes.
  const packed = new Int32Array(blob.length / 4);
  new Uint8Array(packed.buffer).set(blob.subarray(0, packed.byteLength));
  return packed;
}

export const EMPTY: Packed = new Int32Array(0);

export function same(a: Packed, b: Packed): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
