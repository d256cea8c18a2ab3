import { closeDirectory, openDirectory, patiently, type Waiting } from '../directory/open.ts';
import { isThere } from '../directory/place.ts';
import { noteLeft } from './left.ts';

const PAUSED = `INSERT INTO sources (name, type, state) VALUES (@name, @type, 'paused')
  ON CONFLICT (name) DO UPDATE SET state = 'paused' WHERE state <> 'paused'`;

/**
 * Notes in the directory, if there is one, that a source is paused; nothing else of it changes, and there is no run.
 * @param named the name of every source in the configuration
 * Throws a Failure where the directory cannot be written.
 */
export async function notePaused(
  directory: string,
  source: { name: string; type: string },
  named: readonly string[],
  waiting: Waiting,
): Promise<void> {
  if (!isThere(directory)) return;
  const db = await openDirectory(directory, waiting);
  const note = db.transaction(() => {
    db.prepare(PAUSED).run(source);
    noteLeft(db, named, Number(db.prepare('SELECT coalesce(max(id), 0) FROM runs').pluck().get()));
  });
  try {
    await patiently(waiting, `Another rosterd is writing to ${directory}`, () => note.immediate());
  } finally {
    closeDirectory(db);
  }
}
