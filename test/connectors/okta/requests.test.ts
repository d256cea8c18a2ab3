import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { API_ROWS, LOGIN_ROWS } from '../../../connectors/okta/errors.ts';
import { STATUSES } from '../../../connectors/okta/read.ts';
import type { PassRequest } from '../../../src/model/pass.ts';
import { company } from '../../emulators/company.ts';
import { loadOrganisation } from '../../emulators/okta/load.ts';
import { vendorJudge } from '../../emulators/okta/vendor.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { oktaWorld } from './world.ts';

const docs = readFileSync(new URL('../../../docs/okta.md', import.meta.url), 'utf8');
const HOUR = 3_600_000;
const request: Partial<PassRequest> = {
  source: { ...SOURCE, type: 'okta', limits: {}, fullEvery: 365 * 24 * HOUR },
};

const pages = (rows: number, size: number) => Math.max(1, Math.ceil(rows / size));
/** As docs/okta.md has it; `groups` with Everyone, whose members nobody asks for. */
const between = (users: number, groups: number, moved: number) => pages(users, 200) + pages(groups, 10_000) + moved + 1;
const full = (users: number, groups: number) => 1 + between(users, groups, groups - 1);

/** Minutes at the limits of a workforce org: 600 pages of users and 500 lists of members, half of it for one token. */
const minutes = (users: number, groups: number, share: number) => {
  const least = (limit: number) => limit - Math.max(5, Math.round((1 - share) * limit));
  return Math.max(pages(users, 200) / least(300), groups / least(250));
};

test('the arithmetic of the documentation', () => {
  const rows = [
    ...docs.matchAll(/^\| ([\d,]+) +\| ([\d,]+) +\| ([\d,]+) +\| ([\d,]+) +\| (.+?) +\| (.+?) +\| (.+?) +\|$/gm),
  ];
  const number = (text = '') => Number(text.replaceAll(',', ''));
  expect(rows.map(([, users, groups]) => [number(users), number(groups)])).toEqual([
    [60, 20],
    [1000, 50],
    [100_000, 5000],
    [1_000_000, 20_000],
  ]);
  const told = (each: number) => (each < 1 ? 'under 1' : String(Math.ceil(each)));
  for (const [, a, b, ...cells] of rows) {
    const [users, groups] = [number(a), number(b)];
    expect(cells).toEqual([
      full(users, groups).toLocaleString('en'),
      between(users, groups, 0).toLocaleString('en'),
      told(minutes(users, groups - 1, 0.5)),
      told(minutes(users, groups - 1, 1)),
      told(minutes(users, 0, 0.5)),
    ]);
  }
});

test('the company: first, unchanged, edited and full passes, as the vendor describes its API', async () => {
  using directory = new Directory();
  const judge = vendorJudge();
  const faults: string[] = [];
  const { connector, emulator, clock } = await oktaWorld({
    throttle: false,
    onExchange: (asked, reply) => void faults.push(...(judge?.(asked, reply) ?? [])),
  });
  const { org } = emulator;
  loadOrganisation(org, company, { at: clock.now() - 24 * HOUR });
  expect([org.users().length, org.groups().length]).toEqual([60, 20]);
  const cost = async (more: Partial<PassRequest> = {}) => {
    const before = connector.requests();
    expect((await directory.run(connector, 'corp', { ...request, ...more })).outcome).toMatch(/ok|unchanged/);
    return connector.requests() - before;
  };
  expect(await cost()).toBe(full(60, 20));
  expect(await cost()).toBe(between(60, 20, 0));
  for (const user of org.users().slice(0, 21)) org.editProfile(user, { title: 'Pilot' });
  const [, first, second] = org.groups();
  const [person] = org.users();
  if (!first || !second || !person) throw new Error('the company has groups and people');
  org.editGroup(first, { description: 'edited' });
  if (second.members.has(person)) org.leave(person, second);
  else org.join(person, second);
  clock.advance(HOUR / 2);
  expect(await cost()).toBe(between(60, 20, 1));
  // The token in use is an hour old by then.
  expect(await cost({ full: true })).toBe(full(60, 20) - 1);
  expect(emulator.requests.length).toBe(connector.requests());
  expect(faults).toEqual([]);
});

test('many pages, with groups of more than 1,000 members', async () => {
  using directory = new Directory();
  const { connector, emulator, clock } = await oktaWorld({ throttle: false });
  const { org } = emulator;
  org.asOf(clock.now() - HOUR, () => {
    const people = Array.from({ length: 2500 }, (_, at) => org.addUser({ login: `p${at}@acme.example` }));
    for (let at = 0; at < 45; at++) org.addGroup({ name: `Group ${at}` });
    for (const person of people) org.join(person, org.group('Group 0'));
  });
  await directory.run(connector, 'corp', request);
  expect(connector.requests()).toBe(full(2500, 46) + 2);
  const count = 'SELECT count(*) AS n FROM v1_memberships m JOIN v1_groups g ON g.id = m.group_id WHERE g.name = ?';
  expect(directory.rows(count, 'Group 0')).toEqual([{ n: 2500 }]);
  expect(directory.rows(count, 'Everyone')).toEqual([{ n: 2500 }]);
});

test('every code and every status stands in the documentation', () => {
  const codes = [...LOGIN_ROWS, ...API_ROWS].flatMap((row) => row.codes);
  expect([...codes, ...Object.keys(STATUSES)].filter((word) => !docs.includes(`\`${word}\``))).toEqual([]);
});
