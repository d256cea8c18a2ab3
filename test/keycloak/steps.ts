import type { AdminApi } from './admin.ts';
import { dump, lastRun, type Seen, seen } from './directory.ts';
import type { Ended, Program } from './program.ts';
import type { Realm } from './realm.ts';
import type { Keycloak } from './server.ts';
import { indent, type Tally } from './tally.ts';
import type { Tap } from './tap.ts';

/** What the run is given; main.ts makes it. */
export interface Setting {
  /** Empty; the configuration file and the directory will be here. */
  folder: string;
  /** Starts the server, or starts it again with what it knew. */
  start(): Promise<Keycloak>;
  check: Tally;
  say(line: string): void;
}

/** What each part of the run works with. */
export interface Steps extends Setting {
  api: AdminApi;
  realm: Realm;
  rosterd: Program;
  tap: Tap;
}

/** Lines of a command's output that are shown. */
const SHOWN = 30;

/** What every command of this run printed. */
export const printed: string[] = [];

/** Prints what a command printed, not more of it than can be read. */
export function show(ended: Ended): Ended {
  const text = `${ended.out}${ended.err}`;
  printed.push(text);
  const lines = text.trimEnd().split('\n');
  const left = lines.length - SHOWN;
  console.log(indent(lines.slice(0, SHOWN).join('\n')) + (left > 0 ? `\n${indent(`… ${left} more lines`)}` : ''));
  return ended;
}

/** Nothing happened at Keycloak: nothing may happen in the directory. */
export async function nothingToDo({ check, say, rosterd }: Steps, what: string): Promise<void> {
  say(`${what}, with nothing to do`);
  const before = dump(rosterd.directory);
  const plan = show(await rosterd.run('plan', '--exit-code'));
  check.equal(`${what}: plan --exit-code exits 0`, plan.status, 0);
  const once = show(await rosterd.run('--once'));
  check.equal(`${what} exits 0`, once.status, 0);
  check.equal(`${what} is unchanged`, lastRun(rosterd.directory).outcome, 'unchanged');
  check.same(`${what} left every row as it was`, dump(rosterd.directory), before);
}

/** A pass that fails gives this reason, on the screen and in the journal, and changes neither mirror nor directory. */
export async function failingPass({ check, rosterd }: Steps, what: string, reason: string): Promise<void> {
  const before = dump(rosterd.directory);
  const once = show(await rosterd.run('--once'));
  check.equal(`${what} exits 1`, once.status, 1);
  const { outcome, message } = lastRun(rosterd.directory);
  check.equal(`${what} has failed in the journal`, outcome, 'failed');
  check.is(`${what} prints why`, once.out.includes(reason), `not printed: ${reason}`);
  check.is(`${what} has why in the journal`, Boolean(message?.includes(reason)), `message: ${message}`);
  check.same(`${what} left every row as it was`, dump(rosterd.directory), before);
}

/** Compares what applications read with what they should. */
export function compare({ check, rosterd }: Steps, want: Seen): void {
  const have = seen(rosterd.directory);
  check.same('active accounts, with their attributes', have.active, want.active);
  check.same('inactive accounts, with the reason', have.inactive, want.inactive);
  check.same('groups', have.groups, want.groups);
  check.same('effective memberships', have.memberships, want.memberships);
  check.same('nested groups', have.nesting, want.nesting);
}
