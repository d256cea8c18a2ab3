import { describe, expect, test } from 'vitest';
import { keycloakWorld } from '../../connectors/keycloak/world.ts';
import { company } from '../company.ts';
import { startKeycloak } from './keycloak.ts';
import { loadOrganisation } from './load.ts';
import { keepFaults, vendorJudge } from './vendor.ts';
import { ask, tokenOf, vendorClient } from './walk.ts';

const judge = vendorJudge();

describe.skipIf(judge === null)('the vendor’s OpenAPI description (skipped where ../shared/vendor is not)', () => {
  const started = async (faults: string[], version: 22 | 26 = 26) => {
    const onExchange = judge ? keepFaults(judge, faults) : () => {};
    const keycloak = await startKeycloak({ onExchange, version });
    loadOrganisation(keycloak.realm, company);
    return keycloak;
  };

  test('fits every answer that the vendor’s own client gets', async () => {
    const faults: string[] = [];
    await using keycloak = await started(faults);
    const vendor = await vendorClient(keycloak);
    await vendor.realms.findOne({ realm: keycloak.realmName });
    await vendor.users.getProfile();
    for (const briefRepresentation of [true, false]) {
      await vendor.users.find({ first: 0, max: 20, briefRepresentation });
      await vendor.users.find({ search: 'a', enabled: true, briefRepresentation });
      const groups = await vendor.groups.find({ search: ' ', max: -1, populateHierarchy: false, briefRepresentation });
      for (const { id = '' } of groups) {
        await vendor.groups.findOne({ id });
        await vendor.groups.listMembers({ id, max: -1, briefRepresentation });
        await vendor.groups.listSubGroups({ parentId: id, max: 100, briefRepresentation });
      }
    }
    await vendor.groups.find({ search: 'support' });
    await vendor.groups.count();
    await vendor.users.count();
    for (const { id } of keycloak.realm.users().slice(0, 5)) {
      await vendor.users.findOne({ id });
      await vendor.users.listGroups({ id });
      await vendor.users.countGroups({ id });
    }
    expect(faults).toEqual([]);
    expect(keycloak.requests.length).toBeGreaterThan(100);
    expect(keycloak.requests.filter(({ status }) => status !== 200)).toEqual([]);
  });

  test('fits every request of rosterd’s own connector', async () => {
    const faults: string[] = [];
    const { connector, emulator } = await keycloakWorld({ onExchange: judge ? keepFaults(judge, faults) : () => {} });
    loadOrganisation(emulator.realm, company);
    const { signal } = new AbortController();
    const want = { users: ['costCenter'], groups: ['costCenter'] };
    await connector.check(signal);
    for await (const _ of connector.snapshot(want, signal).items);
    const [user, group] = [emulator.realm.users()[0], emulator.realm.groups()[0]];
    for await (const _ of connector.readUsers([user?.id ?? '', 'nobody'], want, signal));
    for await (const _ of connector.readGroups([group?.id ?? '', 'nothing'], want, signal));
    expect(faults).toEqual([]);
    expect(emulator.requests.length).toBeGreaterThan(20);
  });

  test('fits the trees of an older server', async () => {
    const faults: string[] = [];
    await using keycloak = await started(faults, 22);
    await (await vendorClient(keycloak)).groups.find();
    expect(faults).toEqual([]);
  });

  test('is no rubber stamp: it finds what is not described', async () => {
    const faults: string[] = [];
    await using keycloak = await started(faults);
    const token = await tokenOf(keycloak);
    await ask(keycloak, token, '/users?limit=10');
    await ask(keycloak, token, '/nothing');
    expect(faults).toEqual([
      'GET /admin/realms/company/users: the parameter limit is not described',
      'GET /admin/realms/company/nothing is not described',
    ]);
    const path = '/admin/realms/company/users';
    const answer = (body: unknown) => judge?.({ method: 'GET', path, query: new URLSearchParams(), status: 200, body });
    expect(answer([{ id: 7 }])?.[0]).toContain('/0/id must be string');
    expect(answer([{ name: 'ada' }])?.[0]).toContain('must NOT have additional properties');
  });
});
