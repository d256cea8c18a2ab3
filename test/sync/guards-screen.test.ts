import { expect, test } from 'vitest';
import type { PassResult } from '../../src/model/pass.ts';
import { blockedReport } from '../../src/report/blocked.ts';
import { edited, Guarded, grouped, id, ids, people, without } from './guarding.ts';

/** The screen as it is printed, the plan's id apart, which is another one in each directory. */
function screen({ source, blocked }: PassResult, dry = false): string {
  if (!blocked) throw new Error('the pass was not stopped');
  return `\n${[...blockedReport(source, blocked, { dry, offline: false, rosterd: 'rosterd' })].join('\n').replaceAll(blocked.id, 'k3v9mx')}\n`;
}

const NAMES = ['ada', 'bob', 'eve', 'dan', 'zoe', 'kim', 'lou', 'max'];
const company = grouped(
  people(1, 60, (n) => ({
    userName: `${NAMES[n % 8]}.${n}`,
    email: `${NAMES[n % 8]}.${n}@example.com`,
    department: n <= 32 ? 'Engineering' : n <= 50 ? 'Sales' : 'People',
    title: `Job ${n}`,
    locale: 'en',
  })),
  { Company: ids(1, 60), Engineering: ids(1, 32), 'On call': ids(1, 8) },
);

test('half of the users are gone, a department in common; and again in the next pass', async () => {
  using directory = new Guarded();
  await directory.sync(company);
  const half = edited(without(company, ids(1, 30)), ['u060'], { active: false });
  expect(screen(await directory.sync(half))).toMatchInlineSnapshot(`
    "
      Stopped by a limit: plan k3v9mx waits for a decision. Nothing of it was done.
        limit    30 of 60 accounts would be deactivated; \`limits.deactivate: 10%\` allows 6 in 24 hours.
        likely   30 people are no longer in what the identity provider lists. 30 of them have the department \`Engineering\`, which 32 active accounts have in all.
        plan     30 accounts to deactivate: bob.1, eve.2, dan.3, zoe.4, kim.5 and 25 more
        done     1 account that the identity provider says is disabled was deactivated all the same.
      What to do:
        look at all of it   rosterd plan --offline --source corp --all
        if it is right      rosterd approve k3v9mx --reason "..."
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
  expect(screen(await directory.sync(half))).toMatchInlineSnapshot(`
    "
      Stopped by a limit: plan k3v9mx still waits for a decision, since 2026-01-01 00:00 UTC; newcomers and every other change of this source wait with it. Nothing of it was done.
        limit    30 of 60 accounts would be deactivated; \`limits.deactivate: 10%\` allows 6 in 24 hours.
        likely   30 people are no longer in what the identity provider lists. 30 of them have the department \`Engineering\`, which 32 active accounts have in all.
        plan     30 accounts to deactivate: bob.1, eve.2, dan.3, zoe.4, kim.5 and 25 more
      What to do:
        look at all of it   rosterd plan --offline --source corp --all
        if it is right      rosterd approve k3v9mx --reason "..."
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
});

test('a group that was emptied', async () => {
  using directory = new Guarded();
  await directory.sync(company);
  expect(
    screen(await directory.sync({ ...company, groups: { ...company.groups, Company: { members: [] } } })),
  ).toMatchInlineSnapshot(`
    "
      Stopped by a limit: plan k3v9mx waits for a decision. Nothing of it was done.
        limit    60 of 100 memberships would be removed; \`limits.removeMembers: 30%\` allows 30 in 24 hours.
        likely   Group \`Company\` lost all of its 60 members at once.
        plan     60 memberships to remove: bob.1 in Company, eve.2 in Company, dan.3 in Company, zoe.4 in Company, kim.5 in Company and 55 more
      What to do:
        look at all of it   rosterd plan --offline --source corp --all
        if it is right      rosterd approve k3v9mx --reason "..."
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
});

test('settings that were edited', async () => {
  using directory = new Guarded();
  const nested = grouped(company, { Everyone: ['@Company'], Company: ids(1, 60) });
  await directory.sync(nested);
  directory.settings = { nestedGroups: 'direct' };
  expect(screen(await directory.dry(nested), true)).toMatchInlineSnapshot(`
    "
      A pass would be stopped by a limit, and nothing of this would be done.
        limit    60 of 120 memberships would be removed; \`limits.removeMembers: 30%\` allows 36 in 24 hours.
        likely   The configuration was edited: \`nestedGroups\` was \`flatten\` and is \`direct\` now.
        likely   Group \`Everyone\` lost all of its 60 members at once.
        plan     60 memberships to remove: bob.1 in Everyone, eve.2 in Everyone, dan.3 in Everyone, zoe.4 in Everyone, kim.5 in Everyone and 55 more
      What to do:
        look at all of it   rosterd plan --source corp --all
        if it is right      let a pass run: it is stopped, and gives the id of the plan to approve
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
});

test('another tenant', async () => {
  using directory = new Guarded();
  await directory.sync(company);
  expect(screen(await directory.sync(people(101, 140, (n) => ({ userName: `other.${n}` }))))).toMatchInlineSnapshot(`
    "
      Stopped by a limit: plan k3v9mx waits for a decision. Nothing of it was done.
        limit    60 of 60 accounts would be deactivated; \`limits.deactivate: 10%\` allows 6 in 24 hours.
        limit    3 of 3 groups would be removed. None would be left, which is always stopped (\`limits.removeGroups\`).
        likely   None of the people whom this source brought before is there any more: it probably reads another tenant now. Look at the address and the credentials in the configuration.
        likely   60 people are no longer in what the identity provider lists: everybody of this source.
        plan     60 accounts to deactivate: bob.1, eve.2, dan.3, zoe.4, kim.5 and 55 more
        plan     3 groups to remove: Company, Engineering, On call
      What to do:
        look at all of it   rosterd plan --offline --source corp --all
        if it is right      rosterd approve k3v9mx --reason "..."
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
});

test('many small things', async () => {
  using directory = new Guarded({
    deactivate: { count: 1 },
    disable: { count: 1 },
    removeGroups: { count: 0 },
    rename: { share: 0.05 },
    create: { count: 2 },
    addMembers: { count: 2 },
    removeMembers: { count: 1 },
  });
  directory.limits = { ...directory.limits, create: { count: 100 }, addMembers: { count: 1000 } };
  await directory.sync(company);
  directory.limits = { ...directory.limits, create: { count: 2 }, addMembers: { count: 2 } };
  const { users } = edited(without(company, ids(1, 2)), ids(3, 4), { active: false });
  const renamed = people(5, 12, (n) => ({ ...users[id(n)], userName: `renamed.${n}` })).users;
  const later = grouped(
    { users: { ...users, ...renamed, ...people(61, 63, (n) => ({ userName: `new.${n}` })).users } },
    { Company: ids(3, 63), Engineering: { name: 'Engineers', members: ids(7, 32) } },
  );
  expect(screen(await directory.sync(later))).toMatchInlineSnapshot(`
    "
      Stopped by a limit: plan k3v9mx waits for a decision. Nothing of it was done.
        limit    2 of 60 accounts would be deactivated; \`limits.deactivate: 1\` allows 1 in 24 hours.
        limit    2 of 60 accounts are disabled at the identity provider; \`limits.disable: 1\` allows 1 in 24 hours.
        limit    3 accounts would be created, where there were 60; \`limits.create: 2\` allows 2 in 24 hours.
        limit    1 of 3 groups would be removed; \`limits.removeGroups: 0\` allows 0 in 24 hours.
        limit    8 of 60 user names would change; \`limits.rename: 5%\` allows 5 in 24 hours.
        limit    10 of 100 memberships would be removed; \`limits.removeMembers: 1\` allows 1 in 24 hours.
        limit    3 memberships would be added, where there were 100; \`limits.addMembers: 2\` allows 2 in 24 hours.
        likely   2 people are no longer in what the identity provider lists.
        plan     2 accounts to deactivate: bob.1, eve.2
        plan     2 accounts to disable: dan.3, zoe.4
        plan     1 group to remove: On call
        plan     10 memberships to remove: dan.3 in Engineering, zoe.4 in Engineering, kim.5 in Engineering, lou.6 in Engineering, dan.3 in On call and 5 more
        plan     8 user names to change: kim.5, lou.6, max.7, ada.8, bob.9 and 3 more
        plan     1 group name to change: Engineering
        plan     3 accounts to create: new.61, new.62, new.63
        plan     3 memberships to add: new.61 in Company, new.62 in Company, new.63 in Company
      What to do:
        look at all of it   rosterd plan --offline --source corp --all
        if it is right      rosterd approve k3v9mx --reason "..."
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
});

test('deletions for good', async () => {
  using directory = new Guarded();
  await directory.sync(company);
  for (const gone of [6, 11, 16]) {
    await directory.sync(without(company, ids(1, gone)));
    await directory.later(25);
  }
  directory.settings = { deleteAfter: 1000 };
  expect(screen(await directory.sync(without(company, ids(1, 16))))).toMatchInlineSnapshot(`
    "
      Stopped by a limit: plan k3v9mx waits for a decision. Nothing of it was done.
        limit    16 of 44 accounts would be deactivated or deleted; \`limits.deactivate: 10%\` allows 5 in 24 hours.
        likely   \`deleteAfter\` is over for 16 people who left: these accounts would be deleted for good.
        plan     16 accounts to delete for good: bob.1, eve.2, dan.3, zoe.4, kim.5 and 11 more
      What to do:
        look at all of it   rosterd plan --offline --source corp --all
        if it is right      rosterd approve k3v9mx --reason "..."
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
});

test('another release', async () => {
  using directory = new Guarded();
  await directory.sync(company);
  directory.edit("UPDATE sources SET applied_key = replace(applied_key, 'meaning: 1', 'meaning: 0')");
  const later = { ...company, groups: { ...company.groups, Company: { members: ids(41, 60) } } };
  expect(screen(await directory.sync(later))).toMatchInlineSnapshot(`
    "
      Stopped by a limit: plan k3v9mx waits for a decision. Nothing of it was done.
        limit    40 of 100 memberships would be removed; \`limits.removeMembers: 30%\` allows 30 in 24 hours.
        likely   rosterd was upgraded, and this release makes something else of the same answers; its CHANGELOG says what. The identity provider need not have changed at all.
        plan     40 memberships to remove: bob.1 in Company, eve.2 in Company, dan.3 in Company, zoe.4 in Company, kim.5 in Company and 35 more
      What to do:
        look at all of it   rosterd plan --offline --source corp --all
        if it is right      rosterd approve k3v9mx --reason "..."
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
});

test('a name from outside moves no cursor and starts no line', async () => {
  using directory = new Guarded({ deactivate: { count: 0 } });
  const nasty = people(1, 6, (n) => ({ userName: `a\u202e${n}`, department: 'x\u001b[2J\ny' }));
  await directory.sync({ users: { ...nasty.users, ...people(7, 20).users } });
  expect(screen(await directory.sync(people(7, 20)))).toMatchInlineSnapshot(`
    "
      Stopped by a limit: plan k3v9mx waits for a decision. Nothing of it was done.
        limit    6 of 20 accounts would be deactivated; \`limits.deactivate: 0\` allows 0 in 24 hours.
        likely   6 people are no longer in what the identity provider lists. 6 of them have the department \`x\\x1b[2J\\ny\`, which 6 active accounts have in all.
        plan     6 accounts to deactivate: a\\u202e1, a\\u202e2, a\\u202e3, a\\u202e4, a\\u202e5 and 1 more
      What to do:
        look at all of it   rosterd plan --offline --source corp --all
        if it is right      rosterd approve k3v9mx --reason "..."
        if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself
    "
  `);
});
