import { describe, expect, test } from 'vitest';
import {
  after as afterwards,
  answer,
  type Behaviour,
  cutOff,
  emptyBody,
  html,
  nullBody,
  reset,
  rewrite,
  rows,
  status,
  without,
} from '../emulators/faults.ts';
import { json } from '../emulators/reply.ts';
import {
  always,
  COUNT_GROUPS,
  COUNT_USERS,
  GROUPS,
  MEMBERS,
  ONE_USER,
  USERS,
  unharmed,
  type World,
  world,
} from './world.ts';

// What directory syncs did to people when an identity provider answered badly: each test is one that happened.

const nobody = rows(() => []);
const gone = status(404, { body: { error: 'User not found' } });

/** The listing of users without these, and a count that agrees with it. */
function hide({ emulator: { faults, realm } }: World, names: readonly string[]): string[] {
  const ids = names.map((name) => realm.user(name).id);
  faults.when(
    { path: USERS, ...always },
    rows((all) => all.filter((one) => !ids.includes((one as { id: string }).id))),
  );
  faults.when(
    { path: COUNT_USERS, ...always },
    rewrite((count) => Number(count) - ids.length),
  );
  return ids;
}

describe('a run saw no users and no groups, removed everything, and made it anew in the next (ssosync 159, 194, 268)', () => {
  const swallowed: [string, Behaviour][] = [
    ['an empty list', nobody],
    ['an empty body', emptyBody()],
    ['null', nullBody()],
    ['a login page with status 200', html(200)],
    ['an object', answer(json(200, {}))],
  ];
  test.each(swallowed)('%s for the users is no answer', async (_, fault) => {
    const here = await world();
    await unharmed(here, async () => {
      here.emulator.faults.when({ path: USERS, ...always }, fault);
      return { outcome: 'failed', code: 'incomplete' };
    });
  });

  test.each(swallowed)('%s for the groups is no answer', async (_, fault) => {
    const here = await world();
    await unharmed(here, async () => {
      here.emulator.faults.when({ path: GROUPS, ...always }, fault);
      return /^failed (incomplete|permission)$/;
    });
  });

  test('all of it empty, and every count agrees: stopped, in every pass, and nothing to mend afterwards', async () => {
    const here = await world();
    const { faults } = here.emulator;
    const before = here.whole();
    await unharmed(here, async () => {
      for (const path of [USERS, GROUPS]) faults.when({ path, ...always }, nobody);
      faults.when(
        { path: COUNT_USERS, ...always },
        rewrite(() => 0),
      );
      faults.when(
        { path: COUNT_GROUPS, ...always },
        rewrite(() => ({ count: 0 })),
      );
      for (let pass = 0; pass < 2; pass++) expect(await here.pass()).toMatchObject({ outcome: 'blocked' });
      expect(here.whole()).toEqual(before);
      return { outcome: 'blocked' };
    });
  });
});

describe('a 503 in mid-listing: members of randomly selected groups were removed (ssosync 234, 236)', () => {
  const outages: [string, Behaviour][] = [
    ['a 503', status(503)],
    ['a 500', status(500)],
    ['a connection that ends', reset()],
    ['half an answer', cutOff()],
  ];
  test.each(outages)('%s that lasts fails the pass, whichever group it was', async (_, fault) => {
    const here = await world();
    await unharmed(here, async () => {
      here.emulator.faults.when({ path: MEMBERS, nth: 5, ...always }, fault);
      return { outcome: 'failed', code: 'unreachable' };
    });
  });

  test('for one group only, and for the groups that are asked for after it', async () => {
    const here = await world();
    const { id } = here.emulator.realm.group('/Fjordlight/Sales/Nordics');
    await unharmed(here, async () => {
      here.emulator.faults.when({ path: `${id}/members`, ...always }, status(503));
      return { outcome: 'failed', code: 'unreachable' };
    });
  });
});

describe('a 503 on the look-up of one or two people: exactly those were deleted (ssosync 278)', () => {
  const unclear: [string, Behaviour][] = [
    ['a 503', status(503)],
    ["a proxy's 404", html(404, 'Not here')],
    ['a 404 in other words', status(404, { body: { error: 'HTTP 404 Not Found' } })],
    ['a 403', status(403)],
    ['null', nullBody()],
    ['a login page', html(200)],
    ['another person', answer(json(200, { id: 'somebody else', username: 'x' }))],
  ];
  test.each(unclear)('%s leaves them as they are, as problems', async (_, fault) => {
    const here = await world();
    const result = await unharmed(here, async () => {
      hide(here, ['ana.kovacevic', 'signe.rask']);
      here.emulator.faults.when({ path: ONE_USER, ...always }, fault);
      return { outcome: 'unchanged' };
    });
    expect(result.problems).toBe(2 + 1);
  });

  test('only "User not found", from Keycloak itself, takes somebody away', async () => {
    const here = await world();
    hide(here, ['ana.kovacevic', 'signe.rask']);
    const { id } = here.emulator.realm.user('signe.rask');
    here.emulator.faults.when({ path: id, ...always }, gone);
    expect(await here.pass()).toMatchObject({ outcome: 'ok', blocked: null });
    expect(here.directory.rows("SELECT user_name FROM v1_users WHERE inactive_reason = 'missing'")).toEqual([
      { user_name: 'signe.rask' },
    ]);
  });
});

describe('only 200 of 263 members came: a field mask had cut the link to the next page (idp-scim-sync 87)', () => {
  test('members are asked for in one answer, which has no next page to lose', async () => {
    const here = await world({
      fill: ({ emulator: { realm } }) => {
        const group = realm.addGroup('all');
        for (let n = 0; n < 263; n += 1) realm.join(realm.addUser({ username: `user-${n}` }), group);
      },
    });
    expect(here.shown().members).toHaveLength(263);
    expect(await here.pass()).toMatchObject({ outcome: 'unchanged' });
    const asked = here.emulator.requests.filter(({ path }) => MEMBERS.test(path));
    expect(asked.map(({ query }) => query)).toEqual([{ first: '0', max: '-1', briefRepresentation: 'true' }]);
  });

  test('users, which are paged, need a proven end: their number', async () => {
    const here = await world({ fill: ({ emulator: { realm } }) => many(realm, 1500) });
    await unharmed(here, async () => {
      here.emulator.faults.when({ path: USERS, query: { first: '980' }, ...always }, nobody);
      return { outcome: 'failed', code: 'incomplete' };
    });
  });
});

describe('a 2xx body without its key was read as an empty list; everything was soft-deleted (firezone 8608, 9194)', () => {
  test.each<[string, RegExp | string, Behaviour]>([
    ['the users, an object', USERS, answer(json(200, { value: [] }))],
    ['their number, an object', COUNT_USERS, answer(json(200, {}))],
    ['the groups, an object', GROUPS, answer(json(200, { groups: [] }))],
    ['their number without `count`', COUNT_GROUPS, without('count')],
    ['the members, an object', MEMBERS, answer(json(200, { members: [] }))],
    ['users without ids', USERS, without('id')],
    ['users without names', USERS, without('username')],
    ['groups without ids', GROUPS, without('id')],
  ])('%s', async (_, path, fault) => {
    const here = await world();
    await unharmed(here, async () => {
      here.emulator.faults.when({ path, ...always }, fault);
      return { outcome: 'failed', code: 'incomplete' };
    });
  });

  test('a token answer without its token', async () => {
    const here = await world();
    await unharmed(here, async () => {
      here.emulator.revokeTokens();
      here.emulator.faults.when({ path: '/token', ...always }, without('access_token'));
      return { outcome: 'failed', code: 'incomplete' };
    });
  });
});

describe('a short page was taken for the last, to save a request (a connector in Go)', () => {
  test('a short page in the middle ends nothing', async () => {
    const here = await world({ fill: ({ emulator: { realm } }) => many(realm, 2500) });
    await unharmed(here, async () => {
      here.emulator.faults.when(
        { path: USERS, query: { first: '980' } },
        rows((all) => all.slice(0, 50)),
      );
      return { outcome: 'unchanged' };
    });
  });

  test('a short first page neither', async () => {
    const here = await world({ fill: ({ emulator: { realm } }) => many(realm, 1200) });
    await unharmed(here, async () => {
      here.emulator.faults.when(
        { path: USERS, ...always },
        rows((all) => all.slice(0, 50)),
      );
      return { outcome: 'failed', code: 'incomplete' };
    });
  });
});

describe('an account state that was missing was read as false: everyone was disabled (the same)', () => {
  test('missing is unknown, and unknown takes nobody away', async () => {
    const here = await world();
    const result = await unharmed(here, async () => {
      here.emulator.faults.when({ path: USERS, ...always }, without('enabled'));
      return { outcome: 'unchanged' };
    });
    expect(result.problems).toBe(60 + 1);
  });

  test.each([[null], ['false'], [0], [{}]])('%j is no state either', async (value) => {
    const here = await world();
    await unharmed(here, async () => {
      const odd = (all: readonly unknown[]) => all.map((one) => ({ ...(one as object), enabled: value }));
      here.emulator.faults.when({ path: USERS, ...always }, rows(odd));
      return { outcome: 'unchanged' };
    });
  });
});

test('a locked-out person was treated as gone (several): a lock of the login is no state of the person', async () => {
  const here = await world();
  await unharmed(here, async () => {
    const locked = { disabled: true, numFailures: 30, failedLoginNotBefore: 4_102_444_800 };
    here.emulator.faults.when(
      { path: '/attack-detection/', ...always },
      rewrite((was) => ({ ...(was as object), ...locked })),
    );
    // What administrators see of it on the person: required actions, no other `enabled`.
    const pending = (all: readonly unknown[]) =>
      all.map((one) => ({
        ...(one as object),
        requiredActions: ['UPDATE_PASSWORD'],
        totp: false,
        notBefore: 4_102_444_800,
      }));
    here.emulator.faults.when({ path: USERS, ...always }, rows(pending));
    return { outcome: 'unchanged' };
  });
});

describe('one malformed or external member ended the whole run (ssosync 10, 54, 76)', () => {
  const nordics = '/Fjordlight/Sales/Nordics';
  const report = ({ directory }: World) =>
    directory.rows('SELECT kind, g.name FROM v1_problems p JOIN v1_groups g ON g.id = p.object_id ORDER BY 2');

  test('a member without an id: the group keeps its members, as a problem, and everything else goes on', async () => {
    const here = await world();
    const { realm, faults } = here.emulator;
    const members = here.shown().members;
    faults.when(
      { path: `${realm.group(nordics).id}/members` },
      rows(([first, ...rest]) => [{ ...(first as object), id: null }, ...rest]),
    );
    realm.editUser(realm.user('mei.chen'), { lastName: 'Chen-Ito' });
    expect(await here.pass()).toMatchObject({ outcome: 'ok', problems: 2 });
    expect(here.shown().members).toEqual(members);
    expect(here.shown().users).toContainEqual(expect.objectContaining({ family_name: 'Chen-Ito' }));
    expect(report(here)).toEqual([
      { kind: 'members-unresolved', name: 'Fjordlight/Engineering/Platform' },
      { kind: 'members-unread', name: nordics.slice(1) },
    ]);
    expect(await here.pass()).toMatchObject({ outcome: 'unchanged', problems: 1 });
  });

  test('a member whom no listing of users has, such as a service account: reported, and no row', async () => {
    const here = await world();
    expect(here.problems()).toEqual([expect.stringMatching(/^members-unresolved: One member is none of the users/)]);
    const { realm } = here.emulator;
    faultless(here, realm.group(nordics).id, { id: 'a-guest', username: 'guest', kind: 'DEVICE' });
    expect(await here.pass()).toMatchObject({ outcome: 'unchanged', problems: 2 });
  });

  function faultless({ emulator }: World, group: string, extra: object): void {
    emulator.faults.when(
      { path: `${group}/members` },
      rows((all) => [...all, extra]),
    );
  }
});

describe('a cap on the pages of one listing stopped the largest customers for days (baton-sdk 1067)', () => {
  test('as many pages as it takes; each may fail now and then', async () => {
    const here = await world({ fill: ({ emulator: { realm } }) => many(realm, 7300) });
    await unharmed(here, async () => {
      for (let nth = 1; nth < 12; nth += 2)
        here.emulator.faults.when({ path: USERS, nth }, status(503, { retryAfter: 1 }));
      return { outcome: 'unchanged' };
    });
  });

  test('but a page that comes again and again is no listing, and ends', async () => {
    const here = await world({ fill: ({ emulator: { realm } }) => many(realm, 2500) });
    let first: unknown[] = [];
    await unharmed(here, async () => {
      here.emulator.faults.when(
        { path: USERS, query: { first: '0' }, ...always },
        rows((all) => (first = [...all])),
      );
      here.emulator.faults.when(
        { path: USERS, ...always },
        rows(() => first),
      );
      return { outcome: 'failed', code: 'incomplete' };
    });
    expect(here.emulator.requests.filter(({ path }) => USERS.test(path)).length).toBeLessThan(12);
  });
});

describe('a sync restarted from zero for 26 hours: progress was thrown away on the wrong error (baton-sdk RFC 0009)', () => {
  const pages = ({ emulator }: World) =>
    emulator.requests.filter(({ path }) => USERS.test(path)).map(({ query }) => Number(query.first));

  test('what passes costs the one request that failed, not the listing', async () => {
    const here = await world({ fill: ({ emulator: { realm } }) => many(realm, 4500) });
    const { faults } = here.emulator;
    faults.when({ path: USERS, nth: 3 }, status(503));
    faults.when({ path: USERS, nth: 4 }, reset());
    faults.when({ path: USERS, nth: 6 }, cutOff());
    faults.when({ path: USERS, nth: 8 }, status(429, { retryAfter: 2 }));
    expect(await here.pass()).toMatchObject({ outcome: 'unchanged' });
    expect(pages(here)).toEqual([0, 980, 1980, 1980, 1980, 2980, 2980, 3980, 3980]);
  });

  test('a token that ends in the middle as well', async () => {
    const here = await world({ fill: ({ emulator: { realm } }) => many(realm, 2500) });
    const { emulator } = here;
    emulator.faults.when(
      { path: USERS, nth: 2 },
      afterwards(() => emulator.revokeTokens()),
    );
    expect(await here.pass()).toMatchObject({ outcome: 'unchanged' });
    expect(pages(here)).toEqual([0, 980, 1980, 1980]);
  });
});

function many(realm: World['emulator']['realm'], users: number): void {
  for (let n = 0; n < users; n += 1) realm.addUser({ username: `user-${String(n).padStart(5, '0')}` });
}
