import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Connector } from '../../connectors/connector.ts';
import type { PassRequest } from '../../src/model/pass.ts';
import type { Item, Listing } from '../../src/model/snapshot.ts';
import { contested } from './arbitrary.ts';
import { type Answers, connectorTo, Directory, SOURCE, type Tenant } from './kit.ts';
import { mirror, state } from './same.ts';

const RUNS = { numRuns: Number(process.env.ROSTERD_PROPERTY_RUNS ?? 15) };
const request: Partial<PassRequest> = { source: { ...SOURCE, limits: {}, fullEvery: 365 * 86_400_000 } };

/**
 * A connector whose listings of changes have every user and group, and members only of groups that have others than in
 * the state of the tenant before.
 * @param same says otherwise of which groups the members are those of before
 * @param elder of whom it is known that they were there before
 */
function lister(
  history: readonly Tenant[],
  answers: Answers = {},
  same?: (id: string) => boolean,
  elder: (id: string) => boolean = () => false,
): Connector {
  const now = history.at(-1) ?? { users: {} };
  const before = history.at(-2) ?? { users: {} };
  const base = connectorTo(now, answers);
  const members = (tenant: Tenant, id: string) => tenant.groups?.[id]?.members?.toSorted().join();
  const isSame =
    same ??
    ((id: string) =>
      before.groups?.[id] !== undefined &&
      before.groups[id]?.members !== null &&
      members(before, id) === members(now, id));
  const withCursor = (listing: Listing): Listing => ({ ...listing, end: () => ({ ...listing.end(), cursor: 'then' }) });
  return {
    ...base,
    snapshot: (want, signal) => withCursor(base.snapshot(want, signal)),
    async changes(_since, want, signal) {
      const { items, ...listing } = withCursor(base.snapshot(want, signal));
      const shorter = (item: Item): Item => {
        if ('user' in item) return { ...item, elder: elder(item.user.id) };
        return 'membersOf' in item && isSame(item.membersOf) ? { sameMembers: item.membersOf } : item;
      };
      async function* passedOn() {
        for await (const batch of items) yield batch.map(shorter);
      }
      return { ...listing, items: passedOn() };
    },
  };
}

/** The tenant as it looks to whoever does not see some people, in groups neither. */
function without({ users, groups = {} }: Tenant, unseen: ReadonlySet<string>): Tenant {
  const seen = (members: readonly string[] | null | undefined) => members?.filter((id) => !unseen.has(id));
  return {
    users: Object.fromEntries(Object.entries(users).filter(([id]) => !unseen.has(id))),
    groups: Object.fromEntries(
      Object.entries(groups).map(([id, { members, ...group }]) => [
        id,
        members === undefined ? group : { ...group, members: seen(members) },
      ]),
    ) as Tenant['groups'] & object,
  };
}

const modes = (directory: Directory) =>
  directory.rows<{ mode: string }>('SELECT mode FROM v1_runs ORDER BY id').map(({ mode }) => mode);

describe('a listing of everybody without the members of some groups', () => {
  test('leaves exactly the mirror and the directory that a full one would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(contested, { minLength: 2, maxLength: 5 }), async (history) => {
        using changes = new Directory();
        using full = new Directory();
        for (let at = 1; at <= history.length; at++) {
          await changes.run(lister(history.slice(0, at)), 'corp', request);
          await full.run(lister(history.slice(0, at)), 'corp', { ...request, full: true });
          expect(mirror(changes)).toEqual(mirror(full));
          expect(state(changes)).toEqual(state(full));
        }
      }),
      RUNS,
    );
  });

  test('whoever was in no list, and not answered about, on the way, once everything answers again', async () => {
    const day = fc.record({ tenant: contested, unseen: fc.array(fc.nat(7), { maxLength: 3 }) });
    const members = (tenant: Tenant | undefined, id: string) => tenant?.groups?.[id]?.members;
    await fc.assert(
      fc.asyncProperty(fc.array(day, { minLength: 2, maxLength: 5 }), async (days) => {
        using changes = new Directory();
        using full = new Directory();
        // The last day comes twice, and the second time everything answers.
        const last = { tenant: days.at(-1)?.tenant ?? { users: {} }, unseen: [] };
        const all = [...days, last];
        for (const [at, { tenant, unseen }] of all.entries()) {
          const ids = Object.keys(tenant.users);
          const unknown = new Set(unseen.flatMap((one) => ids[one % ids.length] ?? []));
          const before = all[at - 1]?.tenant;
          // What a group says of its last change has nothing to do with who may be seen.
          const isSame = (id: string) =>
            Array.isArray(members(before, id)) && `${members(before, id)}` === `${members(tenant, id)}`;
          const connector = () =>
            lister([without(tenant, unknown)], { unknown }, isSame, (id) => id in (before?.users ?? {}));
          await changes.run(connector(), 'corp', request);
          await full.run(connector(), 'corp', { ...request, full: true });
        }
        expect(mirror(changes)).toEqual(mirror(full));
        expect(state(changes)).toEqual(state(full));
      }),
      RUNS,
    );
  }, 60_000);

  test.each(['not answered about', 'found by id'])(
    'keeps whoever was unseen once (%s) in a group that moved meanwhile',
    async (how) => {
      using directory = new Directory();
      const calm = { members: ['ada'] };
      const first: Tenant = { ...team, groups: { ...team.groups, calm } };
      await directory.run(lister([first, first]), 'corp', request);
      const users = { ...team.users, eve: {} };
      const joined: Tenant = { users, groups: { team: { members: ['ada', 'bob', 'eve'] }, calm } };
      // Bob is in no list, and nobody says what became of him.
      const unseen: Tenant = { ...joined, groups: { team: { members: ['ada', 'eve'] }, calm } };
      const { bob: _, ...others } = unseen.users;
      const answers = { unknown: new Set(['bob']) };
      const listed =
        how === 'found by id'
          ? lister([first, unseen], { hidden: new Set(['bob']) })
          : lister([first, { ...unseen, users: others }], answers);
      await directory.run(listed, 'corp', request);
      const members = () => directory.rows('SELECT user_id FROM v1_memberships').length;
      expect(members()).toBe(4);
      // He is there again, and the team has not moved since.
      await directory.run(lister([joined, joined]), 'corp', request);
      expect(members()).toBe(4);
      expect(modes(directory)).toEqual(['full', 'changes', 'full']);
    },
  );

  const team: Tenant = { users: { ada: {}, bob: {} }, groups: { team: { members: ['ada', 'bob'] } } };

  test('is an incremental one, and does not put off the next full one', async () => {
    using directory = new Directory();
    const fullAt = () => directory.rows<{ full_at: string }>('SELECT full_at FROM sources')[0]?.full_at;
    await directory.run(lister([team, team]), 'corp', request);
    const first = fullAt();
    await directory.run(lister([team, team]), 'corp', request);
    expect(modes(directory)).toEqual(['full', 'changes']);
    expect(fullAt()).toBe(first);
  });

  test('takes whoever is not in it for vanished', async () => {
    using directory = new Directory();
    await directory.run(lister([team, team]), 'corp', request);
    const left: Tenant = { users: { ada: {} }, groups: { team: { members: ['ada', 'bob'] } } };
    await directory.run(lister([team, left]), 'corp', request);
    expect(modes(directory)).toEqual(['full', 'changes']);
    expect(directory.rows('SELECT user_name, active FROM v1_users ORDER BY 1')).toEqual([
      { user_name: 'ada', active: 1 },
      { user_name: 'bob', active: 0 },
    ]);
  });

  test('is given up for a full one where the mirror never had those members', async () => {
    using directory = new Directory();
    await directory.run(lister([team, team]), 'corp', request);
    const more: Tenant = { ...team, groups: { ...team.groups, new: { members: ['ada'] } } };
    const careless = lister([team, more], {}, () => true);
    expect((await directory.run(careless, 'corp', request)).outcome).toBe('ok');
    expect(modes(directory)).toEqual(['full', 'full']);
    expect(directory.rows('SELECT name FROM v1_groups ORDER BY 1')).toEqual([{ name: 'new' }, { name: 'team' }]);
    expect(directory.rows('SELECT count(*) AS n FROM v1_memberships')).toEqual([{ n: 3 }]);
  });

  test('is given up for a full one where a group of the same members could not be read before', async () => {
    using directory = new Directory();
    const many = ['a', 'b', 'c', 'd', 'e', 'f'];
    const big: Tenant = {
      users: Object.fromEntries(many.map((id) => [id, {}])),
      groups: { big: { members: many }, calm: { members: ['a'] } },
    };
    await directory.run(lister([big, big]), 'corp', request);
    // It comes back empty, and reading it again gives no answer.
    const emptied = { emptied: new Set(['big']), unknown: new Set(['big']) };
    await directory.run(
      lister([big, big], emptied, (id) => id === 'calm'),
      'corp',
      request,
    );
    const problems = () => directory.rows('SELECT kind, external_id FROM v1_problems');
    expect(problems()).toEqual([{ kind: 'members-unread', external_id: 'big' }]);
    expect(directory.rows('SELECT count(*) AS n FROM v1_memberships')).toEqual([{ n: 7 }]);
    const small: Tenant = { ...big, groups: { ...big.groups, big: { members: ['a'] } } };
    await directory.run(lister([small, small]), 'corp', request);
    expect(problems()).toEqual([]);
    expect(directory.rows('SELECT count(*) AS n FROM v1_memberships')).toEqual([{ n: 2 }]);
    expect(modes(directory)).toEqual(['full', 'changes', 'full']);
  });
});
