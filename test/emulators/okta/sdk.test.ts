import okta, { type Client as VendorClient } from '@okta/okta-sdk-nodejs';
import { describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import { loadOrganisation } from './load.ts';
import { type OktaEmulator, type OktaOptions, startOkta } from './okta.ts';

type Settings = ConstructorParameters<typeof VendorClient>[0];

/** Everything is given, so that no file and no variable of this machine has a say in it; and nothing is cached. */
function clientOf(emulator: OktaEmulator, more: object = {}): VendorClient {
  const settings = {
    orgUrl: emulator.orgUrl,
    token: emulator.apiToken,
    authorizationMode: 'SSWS',
    cacheMiddleware: null,
    requestExecutor: new okta.DefaultRequestExecutor({ maxRetries: 1, requestTimeout: 0 }),
    ...more,
  };
  // The vendor's type does not know that a cache may be null, and its documentation says so.
  return new okta.Client(settings as unknown as Settings);
}

const byKey = ({ app }: OktaEmulator, privateKey: unknown = app.privateKey.pem) => ({
  authorizationMode: 'PrivateKey',
  clientId: app.clientId,
  scopes: ['okta.users.read', 'okta.groups.read'],
  privateKey,
  keyId: app.privateKey.jwk.kid,
});

async function started(options: OktaOptions = {}) {
  const emulator = await startOkta(options);
  loadOrganisation(emulator.org, company);
  return emulator;
}

describe('the vendor’s own client', () => {
  test.each<[string, OktaOptions, (emulator: OktaEmulator) => object]>([
    ['an API token', {}, () => ({})],
    ['a key as PEM', {}, (emulator) => byKey(emulator)],
    ['a key as JWK', {}, (emulator) => byKey(emulator, { ...emulator.app.privateKey.jwk })],
    ['proofs of possession', { requireDpop: true }, (emulator) => byKey(emulator)],
    ['links in one line', { linkHeader: 'joined' }, () => ({})],
  ])('walks its collections with %s', async (_, options, credentials) => {
    await using emulator = await started(options);
    const client = clientOf(emulator, credentials(emulator));
    const logins: unknown[] = [];
    const filter = 'lastUpdated gt "1970-01-01T00:00:00.000Z"';
    for await (const user of await client.userApi.listUsers({ filter, limit: 25 })) logins.push(user?.profile?.login);
    expect(new Set(logins).size).toBe(60);
    const members = new Map<unknown, number>();
    for await (const group of await client.groupApi.listGroups({ limit: 4 })) {
      let count = 0;
      for await (const _ of await client.groupApi.listGroupUsers({ groupId: group?.id ?? '', limit: 20 })) count++;
      members.set(group?.profile?.name, count);
    }
    expect(members.size).toBe(emulator.org.groups().length);
    expect([members.get('Everyone'), members.get('Fjordlight'), members.get('VPN')]).toEqual([59, 60, 5]);
  });

  test('reads one user and the dates of groups', async () => {
    await using emulator = await started();
    const client = clientOf(emulator);
    const { id, status } = await client.userApi.getUser({ userId: 'wei.zhang@fjordlight.example' });
    expect([id, status]).toEqual([emulator.org.user('wei.zhang').id, 'ACTIVE']);
    const { lastMembershipUpdated } = await client.groupApi.getGroup({ groupId: emulator.org.group('VPN').id });
    expect(lastMembershipUpdated).toBeInstanceOf(Date);
  });

  test('reads the codes of what is refused', async () => {
    await using emulator = await started();
    const missing = clientOf(emulator).userApi.getUser({ userId: '00unobody' });
    await expect(missing).rejects.toMatchObject({ status: 404, errorCode: 'E0000007' });
    const revoked = clientOf(emulator, { token: 'x' }).userApi.getUser({ userId: 'me' });
    await expect(revoked).rejects.toMatchObject({ status: 401, errorCode: 'E0000011' });
  });

  test('waits as long as the headers of a 429 say', async () => {
    await using emulator = await started({
      limits: { users: 2 },
    });
    const executor = new okta.DefaultRequestExecutor({ maxRetries: 1, requestTimeout: 0 });
    const waited: number[] = [];
    const honest = executor.getRetryDelayMs.bind(executor);
    // It would really wait for a minute.
    executor.getRetryDelayMs = (response) => {
      waited.push(honest(response));
      emulator.settings.throttle = false;
      return 1;
    };
    const client = clientOf(emulator, { requestExecutor: executor });
    const seen: unknown[] = [];
    for await (const user of await client.userApi.listUsers({ limit: 40 })) seen.push(user?.id);
    expect(seen).toHaveLength(59);
    expect(waited[0]).toBeGreaterThan(58_000);
    expect(waited[0]).toBeLessThanOrEqual(62_000);
  });

  test('stops without a word at an empty page that leads on, which is why nobody should walk by `each`', async () => {
    await using emulator = await started({ emptyPage: 2 });
    const client = clientOf(emulator);
    let seen = 0;
    await (await client.userApi.listUsers({ limit: 20 })).each(() => {
      seen++;
    });
    expect(seen).toBe(20);
    let found = 0;
    for await (const user of await client.userApi.listUsers({ limit: 20 })) if (user !== null) found++;
    expect(found).toBe(59);
  });
});
