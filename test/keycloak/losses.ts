import { changes, expected, lastRun, sourceNow } from './directory.ts';
import { deleteHalf, deleteOne } from './edits.ts';
import type { Ended } from './program.ts';
import { type Reading, readRealm } from './reading.ts';
import { compare, nothingToDo, type Steps, show } from './steps.ts';

/** Who lets the plan happen, and why, as the journal must have it. */
const ACTOR = 'night.watch';
const REASON = 'The German site was sold: ticket 4711.';

/** One user is deleted: looked up by id, found to be gone, and deactivated without anybody's consent. */
export async function oneGone(steps: Steps, first: Reading): Promise<void> {
  const { check, say, api, realm, rosterd, tap } = steps;
  say('deleting one user');
  const { id, username } = await deleteOne(api, realm, first);
  const looked = lookUps(steps);
  const once = show(await rosterd.run('--once'));
  check.equal('the pass exits 0', once.status, 0);
  check.equal('it looked up that user and nobody else', looked(), [id]);
  check.equal('Keycloak said that there is no such user', tap.status(`/users/${id}`), 404);
  const run = lastRun(rosterd.directory);
  check.equal('its outcome is ok', run.outcome, 'ok');
  check.same('that user is deactivated as missing, and nothing else is changed', changes(rosterd.directory, run.id), [
    JSON.stringify(['user', username, 'deactivate', 'missing']),
  ]);
  compare(steps, expected(await readRealm(api, realm), first));
}

/** Half of the realm is deleted: stopped, still stopped, approved by somebody with a reason, and then all is well. */
export async function halfGone(steps: Steps, first: Reading): Promise<void> {
  const { check, say, api, realm, rosterd } = steps;
  const before = await readRealm(api, realm);
  say('deleting half of the users, disabling one and making one');
  const { gone, disabled, joiner } = await deleteHalf(api, realm, before);
  check.equal('half of the users are gone', gone.length, Math.round(before.users.size / 2));

  say('a pass that must be stopped');
  const looked = lookUps(steps);
  const plan = blocked(steps, 'the pass', show(await rosterd.run('--once')));
  const line = (name: string, action: string, reason: string) => JSON.stringify(['user', name, action, reason]);
  check.same(
    'only who Keycloak says is disabled is deactivated',
    changes(rosterd.directory, lastRun(rosterd.directory).id),
    [line(disabled.username, 'deactivate', 'disabled')],
  );
  // Everybody as before; of the one who is disabled only that.
  const meanwhile = new Map(before.users).set(disabled.id, { ...disabled, enabled: false });
  compare(steps, expected({ ...before, users: meanwhile }, first));

  say('the same once more');
  const again = blocked(steps, 'the next pass', show(await rosterd.run('--once')));
  check.equal('the plan has the same id', again, plan);
  check.same('it changes nothing', changes(rosterd.directory, lastRun(rosterd.directory).id), []);
  const dry = show(await rosterd.run('plan'));
  check.equal('plan exits 3', dry.status, 3);
  check.equal('nobody was looked up before somebody decided', looked(), []);

  say(`approving plan ${plan}`);
  const approve = show(await rosterd.run('approve', plan, '--reason', REASON, '--by', ACTOR));
  check.equal('approve exits 0', approve.status, 0);
  const ids = gone.map(({ id }) => id);
  check.same('it looked up each of the missing', looked(), ids);
  const { id, outcome, mode, actor, plan_id, message, deactivated } = lastRun(rosterd.directory);
  const told = { outcome, mode, actor, plan_id, deactivated };
  const right = { outcome: 'ok', mode: 'approve', actor: ACTOR, plan_id: plan, deactivated: gone.length };
  check.equal('v1_runs has who let which plan happen', told, right);
  check.is('v1_runs has the reason', Boolean(message?.includes(REASON)), `message: ${message}`);
  check.same('exactly those are deactivated, and who is new comes in', changes(rosterd.directory, id), [
    ...gone.map(({ username }) => line(username, 'deactivate', 'missing')),
    line(joiner, 'create', 'source'),
  ]);
  compare(steps, expected(await readRealm(api, realm), first));
  await nothingToDo(steps, 'the pass after the approval');
  check.equal('the source is well again', sourceNow(rosterd.directory), { state: 'ok', blocked_plan: null });
}

/** What somebody reads who is woken by a stopped plan; the id that `rosterd approve` takes. */
function blocked({ check, rosterd }: Steps, what: string, { status, out }: Ended): string {
  check.equal(`${what} exits 3`, status, 3);
  check.equal(`${what} is blocked in the journal`, lastRun(rosterd.directory).outcome, 'blocked');
  const plan = / approve (\w+) --reason/.exec(out)?.[1] ?? '';
  check.is(`${what} names the command to let the plan happen`, plan !== '', out);
  check.is(`${what} names the key of the limit`, /limit .*`limits\.deactivate: 10%`/.test(out), out);
  check.is(`${what} names what the vanished have in common`, /likely .*have the locale `de`/.test(out), out);
  check.equal(`${what}: v1_sources has the plan`, sourceNow(rosterd.directory), {
    state: 'blocked',
    blocked_plan: plan,
  });
  return plan;
}

/** The ids that are asked for one by one from now on, each call those since the one before. */
function lookUps({ tap }: Steps): () => string[] {
  let from = tap.asked.length;
  return () => {
    const paths = tap.asked.slice(from);
    from = tap.asked.length;
    return paths.flatMap((path) => /^\/admin\/realms\/[^/]+\/users\/([\da-f-]{36})(?:\?|$)/.exec(path)?.[1] ?? []);
  };
}
