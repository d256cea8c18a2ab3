import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LOGIN_ROWS } from '../../../connectors/azure-ad/errors.ts';
import type { PassRequest } from '../../../src/model/pass.ts';
import { loadOrganisation } from '../../emulators/azure-ad/load.ts';
import { company } from '../../emulators/company.ts';
import { Directory, SOURCE } from '../../sync/kit.ts';
import { entraWorld } from './world.ts';

const docs = readFileSync(new URL('../../../docs/azure-ad.md', import.meta.url), 'utf8');
const request: Partial<PassRequest> = {
  source: { ...SOURCE, type: 'azure-ad', limits: {}, fullEvery: 365 * 86_400_000 },
};

const pages = (rows: number, size: number) => Math.max(1, Math.ceil(rows / size));
/** As docs/azure-ad.md has it. */
const full = (users: number, groups: number, managers = true) =>
  1 + 1 + pages(users, managers ? 100 : 999) + pages(groups, 999) + Math.ceil(groups / 20) + 2;
const changed = (users: number, groups: number) => 1 + 2 + Math.ceil(users / 20) + 2 * Math.ceil(groups / 20);
/** A page of users costs 2 with managers, one of members 2; the rest 1 (four in the first batch, two lists of changes). */
const units = (users: number, groups: number) => 4 + 2 * pages(users, 100) + pages(groups, 999) + 2 * groups + 2;

test('the arithmetic of the documentation', () => {
  const rows = [
    ...docs.matchAll(/^\| ([\d,]+) +\| ([\d,]+) +\| ([\d,]+) +\| ([\d,]+) +\| ([\d,]+) +\| ([\d,]+) +\|$/gm),
  ];
  const figures = rows.map((row) => row.slice(1).map((text) => Number(text.replaceAll(',', ''))));
  expect(figures.map(([users = 0, groups = 0]) => [users, groups])).toEqual([
    [60, 19],
    [1000, 50],
    [100_000, 5000],
    [1_000_000, 20_000],
  ]);
  for (const [users = 0, groups = 0, ...told] of figures)
    expect(told).toEqual([full(users, groups), full(users, groups, false), changed(0, 0), units(users, groups)]);
});

test.each([
  ['with managers', true],
  ['without', false],
])('the company, %s: first, unchanged, edited and full passes', async (_, managers) => {
  using directory = new Directory();
  const spent: number[] = [];
  const { connector, emulator } = await entraWorld({
    config: { managers },
    onExchange: (_request, { headers }) => spent.push(Number(headers['x-ms-resource-unit'])),
  });
  const { tenant } = emulator;
  loadOrganisation(tenant, company);
  const cost = async (more: Partial<PassRequest> = {}) => {
    const before = connector.requests();
    expect((await directory.run(connector, 'corp', { ...request, ...more })).outcome).toMatch(/ok|unchanged/);
    // One process asks for one token; the others here have theirs from the first.
    return connector.requests() - before + (before === 0 ? 0 : 1);
  };
  expect(await cost()).toBe(full(60, 19, managers));
  if (managers) expect(spent.reduce((sum, each) => sum + each, 0)).toBe(units(60, 19));
  expect(await cost()).toBe(changed(0, 0));
  for (const user of tenant.users().slice(0, 21)) tenant.editUser(user, { jobTitle: 'Pilot' });
  const [a, b] = tenant.groups();
  if (!a || !b) throw new Error('the company has groups');
  tenant.editGroup(a, { description: 'edited' });
  tenant.join(tenant.user(`${company.people[0]?.userName}@${company.domain}`), b);
  expect(await cost()).toBe(changed(21, 2));
  expect(await cost({ full: true })).toBe(full(60, 19, managers));
  expect(emulator.requests.length).toBe(connector.requests());
});

test('many pages, with groups of more than 999 members', async () => {
  using directory = new Directory();
  const { connector, emulator } = await entraWorld({ throttle: false });
  const { tenant } = emulator;
  const people = Array.from({ length: 2500 }, (_, at) =>
    tenant.addUser({ userPrincipalName: `p${at}@contoso.example` }),
  );
  for (let at = 0; at < 45; at++) tenant.addGroup({ displayName: `Group ${at}` });
  const [large] = tenant.groups();
  if (!large) throw new Error('just made');
  for (const person of people) tenant.join(person, large);
  await directory.run(connector, 'corp', request);
  // Two more pages of one group; they go out with what else there is, or alone at the end.
  const extra = connector.requests() - full(2500, 45);
  expect(extra).toBeGreaterThanOrEqual(0);
  expect(extra).toBeLessThanOrEqual(2);
  expect(directory.rows('SELECT count(*) AS n FROM v1_memberships')).toEqual([{ n: 2500 }]);
});

test('every number of the table of sign-in errors stands in the documentation', () => {
  const listed = (code: number | string) =>
    new RegExp(`(AADSTS| )${code}\\b`).test(docs) || [53001, 53002].includes(Number(code));
  const all = LOGIN_ROWS.flatMap(({ codes }) => codes);
  const ownWords = [700054, 70001, 70002, 90014, 900144, 70003];
  expect(all.filter((code) => !listed(code) && !ownWords.includes(Number(code)))).toEqual([]);
});
