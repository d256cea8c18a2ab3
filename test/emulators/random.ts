/** Numbers that look random and are the same for the same seed on every machine. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number, at least 0, less than `limit`. */
  below(limit: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** A version 4 UUID (RFC 9562). */
  uuid(): string;
}

/** @param seed any text or number; the generator is sfc32, which is fast and good enough for test data, never for secrets */
export function randomFrom(seed: string | number): Random {
  let [a, b, c, d] = fourWords(String(seed));
  const word = (): number => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) word();
  const next = () => word() / 2 ** 32;
  const below = (limit: number) => Math.floor(next() * limit);
  const hex = () => word().toString(16).padStart(8, '0');
  return {
    next,
    below,
    pick: (list) => list[below(list.length)] ?? list[0],
    uuid: () => {
      const [first, second, third, fourth] = [hex(), hex(), hex(), hex()];
      const variant = '89ab'[Number.parseInt(third.slice(0, 1), 16) & 3];
      return `${first}-${second.slice(0, 4)}-4${second.slice(5)}-${variant}${third.slice(1, 4)}-${third.slice(4)}${fourth}`;
    },
  };
}

function fourWords(seed: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x2545f491];
  for (const letter of seed) {
    const code = letter.codePointAt(0) ?? 0;
    words[0] = Math.imul(words[0] ^ code, 0x01000193);
    words[1] = Math.imul(words[1] + code, 0x85ebca6b) ^ words[0];
    words[2] = Math.imul(words[2] ^ words[1], 0xc2b2ae35);
    words[3] = (words[3] + words[2]) | 0;
  }
  return words;
}
