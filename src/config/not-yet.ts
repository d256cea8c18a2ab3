import type { Path } from './path.ts';

// The keys of rosterd's configuration that this version does not read. Whoever makes one work takes it out.
const TOP: readonly string[] = [];
const SOURCE: readonly string[] = [];

/** The types of source that this version does not read. */
export const TYPES_NOT_YET: readonly string[] = ['google-workspace'];

/** The keys that are not read yet of the mapping at `path`. */
export function keysNotYet(path: Path): readonly string[] {
  if (path.length === 0) return TOP;
  return path.length === 2 && path[0] === 'sources' ? SOURCE : [];
}

export const notYet = (word: string): string =>
  `\`${word}\` is part of rosterd's configuration but this version does not read it yet; remove it`;
