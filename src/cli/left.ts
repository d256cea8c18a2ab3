import type { Config } from '../config/load.ts';
import { openToLook } from '../directory/open.ts';
import { isThere } from '../directory/place.ts';
import { leftSources } from '../sync/left.ts';

/** A line for each source that the directory has and the file no longer names; none where there is no directory. */
export function leftLines(config: Config): string[] {
  if (!isThere(config.directory)) return [];
  const db = openToLook(config.directory);
  try {
    const left = leftSources(
      db,
      config.sources.map(({ name }) => name),
    );
    return left.map(
      ({ name }) =>
        `${name}: ${config.file} no longer names it; everything of it stays as it is. "rosterd problems" says what to type.`,
    );
  } finally {
    db.close();
  }
}
