import { existsSync, readdirSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { before as beforehand } from '../emulators/faults.ts';
import { randomFrom } from '../emulators/random.ts';
import { Site } from './once-kit.ts';

// Kills the program at moments that look random. ROSTERD_KILLS says how often, ROSTERD_SEED repeats what failed.
const KILLS = Number(process.env.ROSTERD_KILLS ?? 10);
const SEED = process.env.ROSTERD_SEED ?? String(process.hrtime.bigint());

const USERS = 400;
const GROUPS = 20;

/** A site with two states: everybody has another department, and some members are in another group. */
async function twoStates() {
  const site = await Site.of('corp');
  const { realm } = site.realm('corp');
  const users = Array.from({ length: USERS }, (_, at) => realm.addUser({ username: `user-${at}` }));
  const groups = Array.from({ length: GROUPS }, (_, at) => realm.addGroup(`group-${at}`));
  const group = (at: number, moved: boolean) => groups[(at + Number(moved)) % GROUPS];
  const turn = (to: 'red' | 'blue') => {
    for (const [at, user] of users.entries()) {
      realm.editUser(user, { attributes: { department: [to] } });
      const [from, into] = [group(at, to === 'red'), group(at, to === 'blue')];
      if (at % 12 !== 0 || !from || !into) continue;
      realm.leave(user, from);
      realm.join(user, into);
    }
  };
  for (const [at, user] of users.entries()) {
    const first = group(at, false);
    if (first) realm.join(user, first);
  }
  site.configure();
  return { site, turn };
}

/** What applications see, times aside, in one text; read in one transaction. */
function dump(db: Database.Database): string {
  const views = [
    'SELECT id, source, external_id, user_name, department, active FROM v1_users ORDER BY id',
    'SELECT id, source, external_id, name FROM v1_groups ORDER BY id',
    'SELECT * FROM v1_memberships ORDER BY group_id, user_id',
  ];
  return db.transaction(() => JSON.stringify(views.map((sql) => db.prepare(sql).raw().all())))();
}

function look(site: Site) {
  const db = new Database(site.directory, { readonly: true });
  try {
    return {
      integrity: db.pragma('integrity_check', { simple: true }),
      dump: dump(db),
      runs: db.prepare<[], { id: number; outcome: string }>('SELECT id, outcome FROM v1_runs ORDER BY id').all(),
      changes: db.prepare<[], number>('SELECT count(*) FROM v1_changes GROUP BY run_id ORDER BY run_id').pluck().all(),
    };
  } finally {
    db.close();
  }
}
const beside = (site: Site) =>
  readdirSync(site.folder).filter((name) => /-wal|-shm|-journal|\.stage|\.holder/.test(name));

test(
  `killed ${KILLS} times, seed ${SEED}`,
  async () => {
    const random = randomFrom(SEED);
    const { site, turn } = await twoStates();
    await using _ = site;

    // How each state looks, how many requests a pass takes, and how long it takes: altogether, from its first request on,
    // and after its last one.
    const states = { red: '', blue: '' };
    const usual = { requests: 0, whole: 0, running: 0, applying: 0 };
    for (const colour of ['red', 'blue', 'red', 'blue'] as const) {
      turn(colour);
      const began = performance.now();
      const asked: number[] = [];
      const note = beforehand(() => void asked.push(performance.now()));
      site.realm('corp').faults.when({ times: Number.POSITIVE_INFINITY }, note);
      expect(await site.start('--once').ended).toMatchObject({ code: 0 });
      site.realm('corp').faults.clear();
      const ended = performance.now();
      usual.requests = asked.length;
      usual.whole = ended - began;
      usual.running = ended - (asked.at(0) ?? 0);
      usual.applying = ended - (asked.at(-1) ?? 0);
      states[colour] = look(site).dump;
    }
    expect(states.red).not.toBe(states.blue);

    const met = { before: 0, after: 0, cut: 0, between: 0 };
    for (let kill = 0; kill < KILLS; kill++) {
      const [old, now] = kill % 2 === 0 ? (['blue', 'red'] as const) : (['red', 'blue'] as const);
      turn(now);
      const earlier = look(site).runs.length;
      const syncing = site.start('--once');
      const strike = (within: number) => setTimeout(() => syncing.child.kill('SIGKILL'), random.next() * within * 1.1);
      const at = (nth: number, within: number) =>
        site.realm('corp').faults.when(
          { nth },
          beforehand(() => void strike(within)),
        );
      // By turns at any moment, while the run is there, and while it is applied.
      if (kill % 5 === 4) strike(usual.whole);
      else if (kill % 5 < 2) at(1, usual.running);
      else at(usual.requests, usual.applying);
      await syncing.ended;
      site.realm('corp').faults.clear();

      // Whoever may not write the folder can open it: a file that says WAL has its files beside it, and no journal is
      // left. SQLite itself has a moment, as WAL mode begins or ends, in which that is not so (docs/safety.md): it is
      // counted, and what follows shows that nothing is lost and the next pass mends it.
      const says = [...readFileSync(site.directory).subarray(18, 20)];
      expect(existsSync(`${site.directory}-journal`)).toBe(false);
      if (says[0] === 2 && !['directory.db-shm', 'directory.db-wal'].every((name) => beside(site).includes(name)))
        met.between++;

      const seen = look(site);
      expect(seen.integrity).toBe('ok');
      expect([states[old], states[now]]).toContain(seen.dump);
      const last = seen.runs.length > earlier ? seen.runs.at(-1) : undefined;
      if (seen.dump === states[now]) {
        expect(last?.outcome).toBe('ok');
        met.after++;
      } else {
        expect([undefined, 'running']).toContain(last?.outcome);
        met[last ? 'cut' : 'before']++;
      }

      expect(await site.run('--once')).toMatchObject({ exit: 0, err: '' });
      const then = look(site);
      expect(then.dump).toBe(states[now]);
      expect(then.runs.filter(({ id }) => id === last?.id)).toEqual(
        last ? [{ id: last.id, outcome: last.outcome === 'running' ? 'interrupted' : 'ok' }] : [],
      );
      expect(then.runs.at(-1)?.outcome).toBe(seen.dump === states[now] ? 'unchanged' : 'ok');
      // A journal entry for each change that was applied, and none for those that were cut off.
      expect(then.changes).toHaveLength(4 + kill + 1);
      expect(beside(site)).toEqual([]);
    }
    console.info(
      `killed before the run began ${met.before}, in it ${met.cut}, after it was applied ${met.after} times; ${met.between} times as WAL mode began or ended`,
    );
  },
  60_000 + KILLS * 30_000,
);
