import { statSync } from 'node:fs';

/**
 * Something that is another one after every commit to a directory, whoever made it: what the system knows of the file
 * and of the WAL beside it. Nothing is opened, so that nobody's locks are touched and no WAL is kept from going home. An
 * empty WAL is none: whoever looks makes one. Null where there is no directory.
 */
export function markOf(directory: string): string | null {
  const [file, wal] = [seen(directory), seen(`${directory}-wal`)];
  return file && `${file} ${wal ?? ''}`;
}

function seen(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && stat.size > 0n ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : null;
}
