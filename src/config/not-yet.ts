/** The types of source that this version does not read. */
export const TYPES_NOT_YET: readonly string[] = [];

export const notYet = (word: string): string =>
  `\`${word}\` is part of rosterd's configuration but this version does not read it yet; remove it`;
