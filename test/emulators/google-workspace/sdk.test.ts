import { admin } from '@googleapis/admin';
import { Compute, Impersonated, JWT } from 'google-auth-library';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { company } from '../company.ts';
import { scopes } from './accounts.ts';
import { type GoogleEmulator, startGoogle } from './google.ts';
import { loadOrganisation } from './load.ts';
import { READERS } from './walk.ts';

let google: GoogleEmulator;
beforeAll(async () => {
  google = await startGoogle();
  loadOrganisation(google.directory, company);
});
afterAll(() => google.close());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The library knows one token endpoint, and asks it whatever the key file says: its fetch is led to the emulator. */
const transporterOptions = () => ({
  retry: false,
  fetchImplementation: (url: Parameters<typeof fetch>[0], init?: Parameters<typeof fetch>[1]) =>
    fetch(String(url) === 'https://oauth2.googleapis.com/token' ? google.tokenUrl : url, init),
});

const login = (subject = google.subject, wanted: readonly string[] = READERS) =>
  new JWT({
    email: google.serviceAccountKey.client_email,
    key: google.serviceAccountKey.private_key,
    subject,
    scopes: [...wanted],
    transporterOptions: transporterOptions(),
  });

const client = (auth: JWT) =>
  admin({
    version: 'directory_v1',
    auth,
    rootUrl: `${google.directoryUrl}/`,
    retry: false,
  });

describe('the vendor’s own login library', () => {
  test('gets a token, once for many', async () => {
    const before = google.requests.length;
    const auth = login();
    const tokens = await Promise.all(Array.from({ length: 5 }, () => auth.getAccessToken()));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1);
    expect(google.requests.length).toBe(before + 1);
  });

  test.each<[string, () => JWT, string]>([
    ['an unknown subject', () => login('nobody@fjord.example'), 'invalid_grant: Invalid email or User ID'],
    ['a scope that is not delegated', () => login(google.subject, [scopes.cloud]), 'unauthorized_client: Client is'],
  ])('reads what is refused: %s', async (_, auth, wanted) => {
    await expect(auth().getAccessToken()).rejects.toThrow(wanted);
  });

  test('takes another account’s place without a key', async () => {
    google.serviceAccount.privileges = ['USERS_RETRIEVE'];
    vi.stubEnv('GCE_METADATA_HOST', new URL(google.directoryUrl).host);
    // It warns of settings from elsewhere; these are from here.
    vi.spyOn(console, 'warn').mockReturnValueOnce(undefined);
    const auth = new Impersonated({
      sourceClient: new Compute(),
      targetPrincipal: google.serviceAccount.email,
      targetScopes: [scopes.users],
      endpoint: google.iamUrl,
    });
    const { token } = await auth.getAccessToken();
    const url = `${google.directoryUrl}/admin/directory/v1/users?customer=${google.customerId}`;
    expect((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });
});

describe('the vendor’s own client', () => {
  test('walks pages of users, groups and members', async () => {
    const directory = client(login());
    const names: string[] = [];
    for (let pageToken: string | undefined; ; ) {
      const { data } = await directory.users.list({
        ...{ customer: 'my_customer', maxResults: 25, orderBy: 'email', projection: 'full' },
        ...(pageToken === undefined ? {} : { pageToken }),
      });
      names.push(...(data.users ?? []).map(({ name }) => name?.fullName ?? ''));
      if (!data.nextPageToken) break;
      pageToken = data.nextPageToken;
    }
    expect(names).toHaveLength(61);
    expect(names).toContain('潤 渡辺');

    const { data } = await directory.groups.list({ customer: 'my_customer', fields: 'kind,groups(id,name)' });
    expect(data.groups).toHaveLength(google.directory.groups().length);
    const everybody = data.groups?.find(({ name }) => name === company.name);
    const members = await directory.members.list({ groupKey: everybody?.id ?? '' });
    expect(members.data.members?.some(({ type }) => type === 'GROUP')).toBe(true);
    const archive = await directory.members.list({ groupKey: 'archive@fjord.example' });
    expect(archive.data).not.toHaveProperty('members');
  });

  test('reads one user by id, an account, and what is refused', async () => {
    const directory = client(login());
    const { id } = google.directory.user('ingrid.solheim@fjord.example');
    expect((await directory.users.get({ userKey: id })).data.primaryEmail).toBe('ingrid.solheim@fjord.example');
    expect((await directory.customers.get({ customerKey: 'my_customer' })).data.id).toBe(google.customerId);
    const missing = directory.users.get({ userKey: 'nobody@fjord.example' });
    await expect(missing).rejects.toMatchObject({ status: 404, message: 'Resource Not Found: userKey' });
    const wrong = directory.users.list({ customer: 'my_customer', maxResults: 501 });
    await expect(wrong).rejects.toMatchObject({ status: 400, message: 'Invalid Input: maxResults' });
  });
});
