import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeKeyPair } from './keys.ts';
import { type OktaEmulator, startOkta } from './okta.ts';
import {
  type Asserting,
  accessToken,
  all,
  ask,
  assertion,
  assertionForm,
  claimsOf,
  failure,
  rowOf,
  tokenAnswer,
} from './walk.ts';

const other = makeKeyPair('other');
const elliptic = makeKeyPair('curve', 'ES256');
const seconds = () => Math.floor(Date.now() / 1000);

describe('the token endpoint', () => {
  test('gives a token with those of the asked scopes that were granted', async () => {
    await using okta = await startOkta({ scopes: ['okta.users.read'] });
    const form = assertionForm(assertion(okta), 'okta.users.read okta.groups.read');
    const { status, body, headers } = await tokenAnswer(okta, form);
    expect([status, body]).toMatchObject([200, { token_type: 'Bearer', expires_in: 3600, scope: 'okta.users.read' }]);
    expect(headers.get('x-rate-limit-limit')).toBe('600');
    const token = String(rowOf(body).access_token);
    expect(claimsOf(token)).toMatchObject({ cid: okta.app.clientId, scp: ['okta.users.read'] });
    const as = `Bearer ${token}`;
    expect((await ask(okta, '/api/v1/users', { as })).status).toBe(200);
    const refused = await ask(okta, '/api/v1/groups', { as });
    expect(failure(refused)).toBe('403 E0000006');
    expect(refused.headers.get('www-authenticate')).toMatch(/scope="okta.groups.read", error="insufficient_scope"/);
  });

  test.each<[string, Asserting, string]>([
    ['as it should be', {}, '200'],
    ['without a key id, where there is one key', { header: { kid: undefined } }, '200'],
    ['of the longest life', { claims: { exp: seconds() + 3590 } }, '200'],
    ['of too long a life', { claims: { exp: seconds() + 4000 } }, 'too far into the future'],
    ['that is over', { claims: { exp: seconds() - 10 } }, 'is expired'],
    ['without an end', { claims: { exp: undefined } }, 'is expired'],
    ['for another address', { claims: { aud: 'https://acme.okta.example' } }, 'must be the endpoint invoked'],
    ['of an unknown client', { claims: { sub: '0oaunknown' } }, "Invalid value for 'client_id'"],
    ['by another issuer', { claims: { iss: 'somebody' } }, 'must be the client'],
    ['with another key id', { header: { kid: 'other' } }, 'kid is invalid'],
    [
      'by another key of that id',
      { key: other.privateKey.jwk, header: { kid: 'emulated-key' } },
      'signature is invalid',
    ],
    ['by an algorithm that it does not name', { header: { alg: 'none' } }, 'signature is invalid'],
  ])('an assertion %s: %s', async (_, how, wanted) => {
    await using okta = await startOkta();
    const { status, body } = await tokenAnswer(okta, assertionForm(assertion(okta, how)));
    if (wanted === '200') expect(status).toBe(200);
    else
      expect([status, body]).toMatchObject([
        401,
        { error: 'invalid_client', error_description: expect.stringContaining(wanted) },
      ]);
  });

  test('takes ES256, and wants a key id where there are two keys', async () => {
    await using okta = await startOkta();
    okta.app.keys.push(elliptic.publicJwk);
    const by = async (how: Asserting) => (await tokenAnswer(okta, assertionForm(assertion(okta, how)))).status;
    expect(await by({ key: elliptic.privateKey.jwk })).toBe(200);
    expect(await by({ key: elliptic.privateKey.jwk, header: { kid: undefined } })).toBe(401);
  });

  test('takes an assertion once', async () => {
    await using okta = await startOkta();
    const form = assertionForm(assertion(okta));
    expect((await tokenAnswer(okta, form)).status).toBe(200);
    const again = await tokenAnswer(okta, form);
    expect(again.body).toMatchObject({ error_description: 'The client_assertion token has already been used.' });
  });

  test.each<[string, (form: Record<string, string>) => Record<string, string>, string]>([
    ['no grant type', ({ grant_type: _, ...form }) => form, '400 invalid_request'],
    ['another grant', (form) => ({ ...form, grant_type: 'password' }), '400 unsupported_grant_type'],
    ['no assertion', ({ client_assertion: _, ...form }) => form, '401 invalid_client'],
    ['a secret instead', () => ({ grant_type: 'client_credentials', client_secret: 'x' }), '401 invalid_client'],
    ['another kind of assertion', (form) => ({ ...form, client_assertion_type: 'x' }), '401 invalid_client'],
    ['an assertion that is no token', (form) => ({ ...form, client_assertion: 'x.y' }), '401 invalid_client'],
    ['no scope', ({ scope: _, ...form }) => form, '400 invalid_scope'],
    ['a scope of people who sign in', (form) => ({ ...form, scope: 'openid' }), '400 invalid_scope'],
    ['a scope that does not exist', (form) => ({ ...form, scope: 'users:read' }), '400 invalid_scope'],
    ['a scope that was not granted', (form) => ({ ...form, scope: 'okta.logs.read' }), '400 consent_required'],
  ])('refuses %s', async (_, change, wanted) => {
    await using okta = await startOkta();
    expect(failure(await tokenAnswer(okta, change(assertionForm(assertion(okta)))))).toBe(wanted);
  });

  const encoded = (form: Record<string, string>) => new URLSearchParams(form).toString();
  test.each<[string, string | null, (form: Record<string, string>) => string, string]>([
    ['a form', 'application/x-www-form-urlencoded', encoded, '200'],
    ['a form whose charset is told', 'Application/X-WWW-Form-Urlencoded; charset=UTF-8', encoded, '200'],
    ['JSON', 'application/json', JSON.stringify, '400 E0000021'],
    ['a form that is called JSON', 'application/json', encoded, '400 E0000021'],
    ['a form that is called text', 'text/plain;charset=UTF-8', encoded, '400 E0000021'],
    ['a form of another kind', 'application/x-www-form-urlencoded-v2', encoded, '400 E0000021'],
    ['a form that is called nothing', null, encoded, '400 E0000021'],
  ])('is sent %s (%s): %s', async (_, type, written, wanted) => {
    await using okta = await startOkta();
    // As bytes, because a text gets a type of its own from the client.
    const body = Buffer.from(written(assertionForm(assertion(okta))));
    const headers = type === null ? {} : { 'content-type': type };
    const answer = await ask(okta, '/oauth2/v1/token', { method: 'POST', as: null, headers, body });
    expect(answer.status === 200 ? '200' : failure(answer)).toBe(wanted);
    if (answer.status === 200) return;
    expect(Object.keys(rowOf(answer.body))).toEqual([
      ...['errorCode', 'errorSummary', 'errorLink', 'errorId', 'errorCauses'],
    ]);
    expect(answer.body).toMatchObject({
      errorSummary: expect.stringMatching(/Content-Type headers likely do not match/),
    });
  });
});

describe('a token at the API', () => {
  test.each<[string, (okta: OktaEmulator) => Promise<string | null> | string | null, string]>([
    ['none', () => null, '401 E0000005'],
    ['another scheme', () => 'Basic eDp5', '401 E0000004'],
    ['a made-up API token', () => 'SSWS 00made-up', '401 E0000011'],
    ['a made-up access token', () => 'Bearer a.b.c', '401 E0000011'],
    ['an API token as a bearer’s', ({ apiToken }) => `Bearer ${apiToken}`, '401 E0000011'],
    ['a bearer’s token as one with proofs', async (okta) => `DPoP ${await accessToken(okta)}`, '401 E0000011'],
  ])('%s: %s', async (_, as, wanted) => {
    await using okta = await startOkta();
    expect(failure(await ask(okta, '/api/v1/users', { as: await as(okta) }))).toBe(wanted);
  });

  test('ends: access tokens after an hour or when revoked, an API token with its administrator', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: async () => {} };
    await using okta = await startOkta({ clock, administrator: 'root@acme.example' });
    const root = okta.org.addUser({ login: 'root@acme.example' });
    const bearer = async () => ({ as: `Bearer ${await accessToken(okta)}` });
    const [first, second] = [await bearer(), await bearer()];
    expect((await ask(okta, '/api/v1/users', first)).status).toBe(200);
    now += 3_600_000;
    const over = await ask(okta, '/api/v1/users', first);
    expect(failure(over)).toBe('401 E0000011');
    expect(over.headers.get('www-authenticate')).toContain('error="invalid_token"');
    now -= 1000;
    okta.revokeTokens();
    expect(failure(await ask(okta, '/api/v1/users', second))).toBe('401 E0000011');
    expect((await ask(okta, '/api/v1/users')).status).toBe(200);
    okta.org.setStatus(root, 'DEPROVISIONED');
    expect(failure(await ask(okta, '/api/v1/users'))).toBe('401 E0000011');
  });
});

describe('roles', () => {
  test.each([
    ['SUPER_ADMIN', '200 200 200'],
    ['ORG_ADMIN', '200 200 200'],
    ['READ_ONLY_ADMIN', '200 200 200'],
    ['USER_ADMIN', '200 200 403'],
    [null, '403 403 403'],
  ] as const)('%s: users, groups and the org: %s', async (role, wanted) => {
    await using okta = await startOkta({ tokenRole: role });
    const status = async (path: string) => (await ask(okta, path)).status;
    expect(`${await status('/api/v1/users')} ${await status('/api/v1/groups')} ${await status('/api/v1/org')}`).toBe(
      wanted,
    );
  });

  test('an app needs a role beside its scopes', async () => {
    await using okta = await startOkta({ appRole: null });
    const as = `Bearer ${await accessToken(okta)}`;
    expect(failure(await ask(okta, '/api/v1/users', { as }))).toBe('403 E0000006');
    okta.app.role = 'READ_ONLY_ADMIN';
    expect((await ask(okta, '/api/v1/users', { as })).status).toBe(200);
  });

  test('a group administrator lists fewer groups and users, with 200, and Everyone never', async () => {
    await using okta = await startOkta();
    const { org } = okta;
    const [red, blue] = [org.addGroup({ name: 'Red' }), org.addGroup({ name: 'Blue' })];
    const [ada, eve] = ['ada', 'eve'].map((name) => org.addUser({ login: `${name}@acme.example` }));
    if (!ada || !eve) throw new Error('two were made');
    org.join(ada, red);
    org.join(eve, blue);
    const names = async (as: string) => {
      const users = await all(okta, '/api/v1/users', { as });
      const groups = await all(okta, '/api/v1/groups', { as });
      return [...users.rows, ...groups.rows].map(({ profile }) => rowOf(profile).login ?? rowOf(profile).name);
    };
    const ofRed = okta.addToken({ role: 'USER_ADMIN', groups: [red.id] });
    const as = `SSWS ${ofRed.value}`;
    expect(await names(as)).toEqual(['ada@acme.example', 'Red']);
    expect(failure(await ask(okta, `/api/v1/groups/${blue.id}/users`, { as }))).toBe('403 E0000006');
    expect(failure(await ask(okta, `/api/v1/users/${eve.id}`, { as }))).toBe('403 E0000006');
    const ofAll = okta.addToken({ role: 'USER_ADMIN' });
    expect(await names(`SSWS ${ofAll.value}`)).toEqual(['ada@acme.example', 'eve@acme.example', 'Red', 'Blue']);
    ofAll.role = 'READ_ONLY_ADMIN';
    expect(await names(`SSWS ${ofAll.value}`)).toContain('Everyone');
    ofAll.valid = false;
    expect(failure(await ask(okta, '/api/v1/users', { as: `SSWS ${ofAll.value}` }))).toBe('401 E0000011');
  });

  test.each([
    [undefined, '403 E0000006'],
    [403, '403 E0000006'],
    [404, '404 E0000007'],
  ] as const)('what a role does not see is refused by id; hidden: %s is %s', async (hidden, wanted) => {
    await using okta = await startOkta(hidden === undefined ? {} : { hidden });
    const { org } = okta;
    const [red, blue] = [org.addGroup({ name: 'Red' }), org.addGroup({ name: 'Blue' })];
    const eve = org.addUser({ login: 'eve@acme.example' });
    org.join(eve, blue);
    const as = `SSWS ${okta.addToken({ role: 'USER_ADMIN', groups: [red.id] }).value}`;
    const hiddenPaths = [
      `/users/${eve.id}`,
      `/users/${eve.id}/groups`,
      '/users/eve@acme.example',
      ...[blue, org.everyone].flatMap(({ id }) => [`/groups/${id}`, `/groups/${id}/users`]),
    ];
    for (const path of hiddenPaths) {
      expect([path, failure(await ask(okta, `/api/v1${path}`, { as }))]).toEqual([path, wanted]);
      expect([path, (await ask(okta, `/api/v1${path}`)).status]).toEqual([path, 200]);
    }
    expect((await ask(okta, `/api/v1/groups/${red.id}/users`, { as })).body).toEqual([]);
    // A role that may see nothing is told so whatever is asked, and what is not there is missing for everybody.
    const nobody = okta.addToken({ role: null });
    expect(failure(await ask(okta, `/api/v1/users/${eve.id}`, { as: `SSWS ${nobody.value}` }))).toBe('403 E0000006');
    expect(failure(await ask(okta, '/api/v1/users/00unobody', { as }))).toBe('404 E0000007');
    okta.settings.hidden = 404;
    const { body } = await ask(okta, `/api/v1/groups/${blue.id}`, { as });
    expect(body).toMatchObject({ errorSummary: `Not found: Resource not found: ${blue.id} (UserGroup)` });
  });

  test('another app has its own', async () => {
    await using okta = await startOkta();
    const { publicJwk, privateKey } = other;
    const mine = okta.addApp({ keys: [publicJwk], scopes: new Set(['okta.users.read']), role: 'ORG_ADMIN' });
    const claims = { iss: mine.clientId, sub: mine.clientId, jti: randomUUID() };
    const made = assertion(okta, { claims, key: privateKey.jwk });
    const { status, body } = await tokenAnswer(okta, assertionForm(made));
    expect([status, rowOf(body).scope]).toEqual([200, 'okta.users.read']);
    mine.active = false;
    const again = assertion(okta, { claims: { ...claims, jti: randomUUID() }, key: privateKey.jwk });
    expect(failure(await tokenAnswer(okta, assertionForm(again)))).toBe('401 invalid_client');
  });
});
