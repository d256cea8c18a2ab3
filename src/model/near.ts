/** The candidate that `word` most likely stands for, or undefined where none is near. Case, `-` and `_` do not count. */
export function near(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = edits(wanted, plain(candidate));
    const bound = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 4));
    if (distance <= bound && (!best || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** "; did you mean `x`?", or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const candidate = near(word, candidates);
  return candidate === undefined ? '' : `; did you mean \`${candidate}\`?`;
}

// Long words are cut: the cost grows with the square of their length, and nobody misspells a key into a novel.
const plain = (word: string): string =>
  word
    .toLowerCase()
    .replaceAll(/[-_\s]/g, '')
    .slice(0, 64);

/** How many letters to add, drop, change or swap with their neighbour (optimal string alignment). */
function edits(a: string, b: string): number {
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(row, j - 1) + 1, at(last, j) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1) cost = Math.min(cost, at(older, j - 2) + 1);
      row.push(cost);
    }
    older = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
