import { join } from 'node:path';
import { backUpTo } from '../../src/directory/backup.ts';
import { type Restored, restoreFrom } from '../../src/directory/restore.ts';
import type { Directory } from '../sync/kit.ts';

/** Backs the directory up to a file of its folder; gives the path. */
export async function backedUp(directory: Directory, name = 'backup.db'): Promise<string> {
  const file = join(directory.folder, name);
  await backUpTo(directory.path, file, directory.clock.now());
  return file;
}

export const restored = (directory: Directory, file: string, sources = ['corp'], wait = 0): Promise<Restored> =>
  restoreFrom(
    { directory: directory.path, file, sources, actor: 'ada', wait, configSha256: 'none', version: 'test' },
    directory.clock,
    new AbortController().signal,
  );

/** The exit status and the sentence of a restore that is refused. */
export const refusedRestore = (directory: Directory, file: string) =>
  restored(directory, file).then(
    () => ({ exit: 0, message: 'it was not refused' }),
    (error) => ({ exit: error.exit, message: String(error.message).replaceAll(`${directory.folder}/`, '') }),
  );

/** The last id of each table that gives ids out. */
export const lastIds = (directory: Directory): Record<string, number> =>
  Object.fromEntries(
    directory
      .rows<{ name: string; seq: number }>(
        "SELECT name, seq FROM sqlite_sequence WHERE name IN ('accounts', 'groups', 'runs', 'journal')",
      )
      .map(({ name, seq }) => [name, seq]),
  );
