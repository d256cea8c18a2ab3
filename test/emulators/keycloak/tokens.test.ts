import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KeycloakEmulator, startKeycloak } from './keycloak.ts';
import { ask, tokenAnswer, tokenOf } from './walk.ts';

const INVALID = 'Invalid client or Invalid client credentials';
const good = { grant_type: 'client_credentials', client_id: 'rosterd', client_secret: 'emulated-secret' };
const withoutSecret = { grant_type: 'client_credentials', client_id: 'rosterd' };
const grant = { grant_type: 'client_credentials' };

/** A clock that stands until it is told to move. */
const clock = { at: Date.UTC(2026, 10, 24), now: () => clock.at, sleep: async () => {} };
let keycloak: KeycloakEmulator;

beforeAll(async () => {
  keycloak = await startKeycloak({ clock, tokenLifespan: 60 });
  keycloak.addClient({ clientId: 'off', secret: 's', serviceAccounts: false });
  keycloak.addClient({ clientId: 'disabled', secret: 's', enabled: false });
  keycloak.addClient({ clientId: 'public', public: true });
  keycloak.addClient({ clientId: 'of-master', secret: 's', realm: 'master', roles: new Set(['view-users']) });
});
afterAll(() => keycloak.close());
beforeEach(() => {
  clock.at = Date.UTC(2026, 10, 24);
});

describe('the token endpoint answers as the vendor does', () => {
  test.each([
    ['the right secret in the form', good, {}, 200, undefined, undefined],
    ['the right secret in the header', grant, { basic: 'rosterd:emulated-secret' }, 200, undefined, undefined],
    ['an unknown client', { ...good, client_id: 'nobody' }, {}, 401, 'invalid_client', INVALID],
    ['no client', grant, {}, 401, 'invalid_client', INVALID],
    ['a disabled client', { ...good, client_id: 'disabled', client_secret: 's' }, {}, 401, 'invalid_client', INVALID],
    ['a wrong secret', { ...good, client_secret: 'x' }, {}, 401, 'unauthorized_client', INVALID],
    ['a wrong secret in the header', grant, { basic: 'rosterd:x' }, 401, 'unauthorized_client', INVALID],
    ['no secret', withoutSecret, {}, 401, 'unauthorized_client', INVALID],
    [
      'service accounts off',
      { ...good, client_id: 'off', client_secret: 's' },
      {},
      401,
      'unauthorized_client',
      'Client not enabled to retrieve service account',
    ],
    [
      'a public client',
      { ...good, client_id: 'public' },
      {},
      401,
      'unauthorized_client',
      'Public client not allowed to retrieve service account',
    ],
    ['another grant', { ...good, grant_type: 'x' }, {}, 400, 'unsupported_grant_type', 'Unsupported grant_type'],
    ['no grant', { client_id: 'rosterd' }, {}, 400, 'invalid_request', 'Missing form parameter: grant_type'],
    ['an unknown realm', good, { realm: 'nowhere' }, 404, 'Realm does not exist', undefined],
    ['GET', good, { method: 'GET' }, 405, 'HTTP 405 Method Not Allowed', undefined],
  ])('%s', async (_, form, options, status, error, error_description) => {
    const answer = await tokenAnswer(keycloak, form, options);
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.headers.get('cache-control')).toBe('no-store');
    else expect(answer.body).toEqual(error_description === undefined ? { error } : { error, error_description });
  });

  test('gives a token without a refresh token', async () => {
    const { body } = await tokenAnswer(keycloak, good);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expires_in: 60,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': 0,
      scope: 'profile email',
    });
  });

  test('names the service account in the token', async () => {
    const claims = JSON.parse(Buffer.from((await tokenOf(keycloak)).split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ azp: 'rosterd', sub: keycloak.realm.user('service-account-rosterd').id });
  });
});

describe('a token', () => {
  test('opens the administration interface until it expires', async () => {
    const token = await tokenOf(keycloak);
    clock.at += 59_999;
    expect((await ask(keycloak, token, '/users/count')).status).toBe(200);
    clock.at += 1;
    expect(await ask(keycloak, token, '/users/count')).toMatchObject({
      status: 401,
      body: { error: 'HTTP 401 Unauthorized' },
    });
  });

  test('opens nothing once it is revoked, and a new one does', async () => {
    const token = await tokenOf(keycloak);
    keycloak.revokeTokens();
    expect((await ask(keycloak, token, '/users/count')).status).toBe(401);
    expect((await ask(keycloak, await tokenOf(keycloak), '/users/count')).status).toBe(200);
  });

  test.each([
    ['none', null, undefined, 401, 'HTTP 401 Unauthorized'],
    ['one that was never issued', 'abc', undefined, 401, 'HTTP 401 Unauthorized'],
    ['one of this realm, at master', 'own', 'master', 403, 'HTTP 403 Forbidden'],
    ['one of this realm, at an unknown realm', 'own', 'nowhere', 404, 'Realm not found.'],
  ])('%s', async (_, which, realm, status, error) => {
    const token = which === 'own' ? await tokenOf(keycloak) : which;
    expect(await ask(keycloak, token, '/users', realm)).toMatchObject({ status, body: { error } });
  });

  test('of a client of master opens every realm', async () => {
    const form = { ...grant, client_id: 'of-master', client_secret: 's' };
    const { body } = await tokenAnswer(keycloak, form, { realm: 'master' });
    const token = body && typeof body === 'object' && 'access_token' in body ? String(body.access_token) : null;
    expect((await ask(keycloak, token, '/users/count')).status).toBe(200);
  });
});
