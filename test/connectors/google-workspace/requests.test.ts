import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { API_ROWS, LOGIN_ROWS } from '../../../connectors/google-workspace/errors.ts';
import { SCOPES } from '../../../connectors/google-workspace/schema.ts';
import type { PassRequest } from '../../../src/model/pass.ts';
import { company } from '../../emulators/company.ts';
import { loadOrganisation } from '../../emulators/google-workspace/load.ts';
import { vendorJudge } from '../../emulators/google-workspace/vendor.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { walk } from '../walk.ts';
import { googleWorld, populate } from './world.ts';

const docs = readFileSync(new URL('../../../docs/google-workspace.md', import.meta.url), 'utf8');
const request: Partial<PassRequest> = { source: { ...SOURCE, type: 'google-workspace', limits: {} } };
const judge = vendorJudge();

const pages = (rows: number, size: number) => Math.max(1, Math.ceil(rows / size));
/** As docs/google-workspace.md has it, for groups of up to 200 members. */
const full = (users: number, groups: number) => 1 + pages(users, 500) + pages(groups, 200) + groups;

test('the arithmetic of the documentation', () => {
  const rows = [...docs.matchAll(/^\| ([\d,]+) +\| ([\d,]+) +\| ([\d,]+) +\| ([\d.]+) +\|$/gm)];
  const figures = rows.map((row) => row.slice(1).map((text) => Number(text.replaceAll(',', ''))));
  expect(figures.map(([users = 0, groups = 0]) => [users, groups])).toEqual([
    [61, 19],
    [1000, 50],
    [100_000, 5000],
    [1_000_000, 20_000],
  ]);
  for (const [users = 0, groups = 0, ...told] of figures)
    expect(told).toEqual([full(users, groups), Math.ceil(full(users, groups) / 240) / 10]);
});

test('the company: first, unchanged and edited passes', async () => {
  using directory = new Directory();
  const faults: string[] = [];
  const { connector, google } = await googleWorld({
    onExchange: (asked, reply) => faults.push(...(judge?.judge(asked, reply) ?? [])),
  });
  loadOrganisation(google.directory, company);
  const cost = async () => {
    const before = connector.requests();
    expect((await directory.run(connector, 'staff', request)).outcome).toMatch(/ok|unchanged/);
    // One process asks for one token; the others here have theirs from the first.
    return connector.requests() - before + (before === 0 ? 0 : 1);
  };
  expect(google.directory.groups()).toHaveLength(19);
  expect(await cost()).toBe(full(61, 19));
  expect(await cost()).toBe(full(61, 19));
  const [first, second, third] = google.directory.users().slice(5);
  const group = google.directory.groups().find(({ members }) => second && !members.has(second.id));
  if (!first || !second || !third || !group) throw new Error('the company has people and groups');
  google.directory.editUser(first, { suspended: true });
  google.directory.join(group, second);
  expect(await cost()).toBe(full(61, 19));
  // Who is not listed any more is looked up by id.
  google.directory.removeUser(third);
  expect(await cost()).toBe(full(60, 19) + 1);
  expect(await cost()).toBe(full(60, 19));
  expect(google.requests.length).toBe(connector.requests());
  expect(faults).toEqual([]);
});

test('many pages, and groups of more than 200 members', async () => {
  using directory = new Directory();
  const { connector, google } = await googleWorld({ emptyLastPage: false });
  const people = Array.from({ length: 1200 }, (_, at) =>
    google.directory.addUser({ primaryEmail: `p${at}@fjord.example` }),
  );
  const groups = Array.from({ length: 450 }, (_, at) => google.directory.addGroup({ email: `g${at}@fjord.example` }));
  const [large, exact] = groups;
  if (!large || !exact) throw new Error('just made');
  for (const person of people) google.directory.join(large, person);
  for (const person of people.slice(0, 200)) google.directory.join(exact, person);
  await directory.run(connector, 'staff', request);
  expect(connector.requests()).toBe(full(1201, 450) + 5);
  expect(directory.rows('SELECT count(*) AS n FROM v1_memberships')).toEqual([{ n: 1400 }]);
  google.settings.emptyLastPage = true;
  expect((await directory.run(connector, 'staff', request)).outcome).toBe('unchanged');
});

test('only what is used is asked for; custom schemas with a projection of their own', async () => {
  const { connector, google } = await googleWorld();
  populate(google);
  const [ada] = google.directory.users();
  if (!ada) throw new Error('just made');
  google.directory.editUser(ada, { customSchemas: { Work: { shift: 'night' } } });
  await walk(connector.snapshot({ users: [], groups: [] }, new AbortController().signal));
  const want = { users: ['orgUnitPath', 'suspensionReason', 'Work.shift'], groups: ['directMembersCount'] };
  const { users } = await walk(connector.snapshot(want, new AbortController().signal));
  expect(users.get(ada.id)?.extra).toEqual({ orgUnitPath: '/', suspensionReason: null, 'Work.shift': 'night' });
  expect([...users.values()].find(({ active }) => active === false)?.extra.suspensionReason).toBe('ADMIN');
  const [plain, more] = google.requests.filter(({ path }) => path.endsWith('/users')).map(({ query }) => query);
  expect(plain).toEqual({
    ...{ customer: 'my_customer', maxResults: '500', orderBy: 'email', projection: 'basic' },
    fields:
      'kind,nextPageToken,users(id,primaryEmail,name,suspended,archived,organizations,externalIds,relations,phones,languages)',
  });
  expect(more?.customFieldMask).toBe('Work');
  expect(more?.fields).toContain('orgUnitPath,suspensionReason,customSchemas)');
  const members = google.requests.find(({ path }) => path.endsWith('/members'));
  expect(members?.query.fields).toBe('kind,nextPageToken,members(id,type)');
});

test('the documentation names the scopes, and every error of the tables', () => {
  for (const scope of Object.values(SCOPES)) expect(docs).toContain(scope);
  const reasons = [...LOGIN_ROWS, ...API_ROWS].flatMap(({ reasons }) => reasons).filter((each) => /[a-z]/.test(each));
  expect(reasons.filter((reason) => !docs.includes(reason))).toEqual([]);
});
