// A process that opens a directory as the next version of rosterd would, with one more step than there is today.
import Database from 'better-sqlite3';
import { migrate, STEPS } from '../../src/directory/migrate.ts';
import { patiently } from '../../src/directory/open.ts';
import { systemClock } from '../../src/model/clock.ts';

const { directory, now } = JSON.parse(process.argv[2] ?? '{}') as { directory: string; now: number };
const db = new Database(directory, { timeout: 0 });
db.pragma('journal_mode = WAL');
process.stdout.write('open\n');
const steps = [...STEPS, (to: Database.Database) => to.exec('CREATE TABLE stamps (pid INTEGER)')];
await patiently({ clock: systemClock, wait: 60_000 }, 'somebody else is writing', () => migrate(db, now, { steps }));
process.stdout.write(`${JSON.stringify(db.pragma('user_version', { simple: true }))}\n`);
db.close();
