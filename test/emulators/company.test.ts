import { describe, expect, test } from 'vitest';
import { company } from './company.ts';
import { loadOrganisation } from './keycloak/load.ts';
import { Realm } from './keycloak/realm.ts';
import type { Organisation, Unit } from './organisation.ts';
import { organisation } from './people.ts';

const allUnits = (units: readonly Unit[]): Unit[] => units.flatMap((unit) => [unit, ...allUnits(unit.units)]);
const depth = (units: readonly Unit[]): number => Math.max(0, ...units.map((unit) => 1 + depth(unit.units)));
const memberships = ({ units }: Organisation) => allUnits(units).reduce((sum, unit) => sum + unit.members.length, 0);

describe('the invented company', () => {
  const units = allUnits(company.units);
  const names = new Set([...company.people.map((person) => person.userName), ...company.serviceAccounts]);

  test('holds together: names are unique, members and managers exist', () => {
    expect(company.people).toHaveLength(60);
    expect(names.size).toBe(61);
    expect(units.flatMap((unit) => unit.members).filter((name) => !names.has(name))).toEqual([]);
    expect(company.people.filter(({ manager }) => manager !== null && !names.has(manager))).toEqual([]);
    for (const unit of units) expect(new Set(unit.members).size).toBe(unit.members.length);
  });

  test('has the oddities that directories have', () => {
    expect(company.people.filter((person) => !person.active).map((person) => person.userName)).toEqual(['bjorn.aasen']);
    expect(company.people.filter((person) => person.email === null)).toHaveLength(1);
    expect(company.people.some((person) => /\p{Script=Han}/u.test(person.familyName))).toBe(true);
    expect(units.filter((unit) => unit.members.length === 0 && unit.units.length === 0)).toHaveLength(1);
    expect(units.filter((unit) => unit.name === 'Support')).toHaveLength(2);
    expect(units.filter((unit) => unit.members.includes('service-account-deploy'))).toHaveLength(1);
    expect(depth(company.units)).toBe(4);
  });
});

describe('a generated organisation', () => {
  test('has the size asked for, and is the same for the same seed', () => {
    const size = { people: 500, groups: 40, memberships: 3000, depth: 3, seed: 'x' };
    const made = organisation(size);
    expect(made.people).toHaveLength(500);
    expect(new Set(made.people.map((person) => person.userName)).size).toBe(500);
    expect(allUnits(made.units)).toHaveLength(40);
    expect(memberships(made)).toBe(3000);
    expect(depth(made.units)).toBe(3);
    for (const unit of allUnits(made.units)) expect(new Set(unit.members).size).toBe(unit.members.length);
    expect(organisation(size)).toEqual(made);
    expect(organisation({ ...size, seed: 'y' })).not.toEqual(made);
  });

  test.each([
    [{ people: 0, groups: 3 }, 0],
    [{ people: 3, groups: 0 }, 0],
    [{ people: 5, groups: 2, memberships: 1000 }, 10],
    [{ people: 10, groups: 20, depth: 1 }, 100],
  ])('%j', (size, members) => {
    const made = organisation(size);
    expect(memberships(made)).toBe(members);
    expect(made.people).toHaveLength(size.people);
    const realm = new Realm(1);
    loadOrganisation(realm, made);
    expect([realm.users().length, realm.groups().length]).toEqual([size.people, size.groups]);
  });
});
