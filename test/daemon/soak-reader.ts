// Reads the views of a directory over and over, as an application would, until its standard input ends; says how often,
// and how often it was refused.
import Database from 'better-sqlite3';

const directory = process.argv[2] ?? '';
let over = false;
process.stdin.on('end', () => {
  over = true;
});
process.stdin.resume();
let reads = 0;
let refused = 0;
const why = new Set<string>();
let seen = false;
const AGAIN = 'SQLITE_READONLY_RECOVERY';
let again = 0;
while (!over) {
  try {
    const db = new Database(directory, { readonly: true, fileMustExist: true, timeout: 5000 });
    try {
      db.prepare('SELECT count(*) FROM v1_users').get();
      db.prepare('SELECT count(*) FROM v1_memberships').get();
      seen = true;
      reads++;
      again = 0;
    } finally {
      db.close();
    }
  } catch (error) {
    // As docs/directory.md tells applications: once more.
    if (error instanceof Database.SqliteError && error.code === AGAIN && again++ === 0) continue;
    // Before the first pass there may be nothing to read.
    if (seen) {
      refused++;
      why.add(error instanceof Error ? error.message : String(error));
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}
process.stdout.write(`read ${reads} times, refused ${refused}${why.size > 0 ? `: ${[...why].join(', ')}` : ''}\n`);
