import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/model/clock.ts';
import { privateKey, scopes } from './accounts.ts';
import { type GoogleEmulator, type GoogleOptions, startGoogle } from './google.ts';
import { ask, assertionOf, failure, READERS, type Row, rowOf, send, tokenAnswer, tokenOf } from './walk.ts';

const SHORT_LIVED =
  '400 invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.';
const UNAUTHORIZED =
  '401 unauthorized_client: Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.';
const now = () => Math.floor(Date.now() / 1000);

describe('the token endpoint', () => {
  test('gives a token for a signed assertion, which lists the directory', async () => {
    await using google = await startGoogle();
    const { status, body } = await tokenAnswer(google, assertionOf(google));
    expect([status, body]).toEqual([
      200,
      { access_token: expect.stringMatching(/^ya29\./), expires_in: 3599, token_type: 'Bearer' },
    ]);
    const listed = await ask(google, await tokenOf(google), '/users?customer=my_customer&fields=users(primaryEmail)');
    expect(listed.body).toEqual({ users: [{ primaryEmail: 'admin@fjord.example' }] });
  });

  test.each<[string, (google: GoogleEmulator) => Row]>([
    ['the address that Google’s own library names', () => ({ aud: 'https://oauth2.googleapis.com/token' })],
    ['a clock that is four minutes fast', () => ({ iat: now() + 240, exp: now() + 3840 })],
    ['a clock that is four minutes slow', () => ({ iat: now() - 3840, exp: now() - 240 })],
    ['the account by its unique id', ({ serviceAccount }) => ({ iss: serviceAccount.clientId })],
    ['the subject by an alias, in capitals', () => ({ sub: 'BOSS@fjord.example' })],
    ['the older name of the subject', ({ subject }) => ({ sub: undefined, prn: subject })],
    ['one scope of those delegated', () => ({ scope: scopes.groups })],
  ])('takes %s', async (_, claims) => {
    await using google = await startGoogle();
    google.directory.setAliases(google.directory.user(google.subject), ['boss@fjord.example']);
    expect((await tokenAnswer(google, assertionOf(google, claims(google)))).status).toBe(200);
  });

  test.each<[string, (google: GoogleEmulator) => Row, string]>([
    [
      'another audience',
      () => ({ aud: 'https://www.googleapis.com' }),
      '400 invalid_grant: Invalid JWT: Failed audience check.',
    ],
    ['an assertion for two hours', () => ({ exp: now() + 7200 }), SHORT_LIVED],
    ['an assertion of yesterday', () => ({ iat: now() - 86_400, exp: now() - 82_800 }), SHORT_LIVED],
    ['an assertion of tomorrow', () => ({ iat: now() + 86_400, exp: now() + 90_000 }), SHORT_LIVED],
    ['an end before the beginning', () => ({ exp: now() - 10 }), SHORT_LIVED],
    ['times that are no numbers', () => ({ iat: 'now' }), SHORT_LIVED],
    ['no scope', () => ({ scope: '' }), '400 invalid_scope: Invalid OAuth scope or ID token audience provided.'],
    [
      'scopes by commas',
      () => ({ scope: READERS.join(',') }),
      '400 invalid_scope: Invalid OAuth scope or ID token audience provided.',
    ],
    [
      'an unknown account',
      () => ({ iss: 'nobody@x.iam.gserviceaccount.com' }),
      '400 invalid_grant: Invalid grant: account not found',
    ],
    [
      'a subject that nobody has',
      () => ({ sub: 'nobody@fjord.example' }),
      '400 invalid_grant: Invalid email or User ID',
    ],
    ['a subject that is no address', () => ({ sub: 'admin' }), '400 invalid_grant: Not a valid email or user ID.'],
    ['a subject of elsewhere', () => ({ sub: 'ada@elsewhere.example' }), UNAUTHORIZED],
    ['only scopes that are not delegated', () => ({ scope: scopes.cloud }), UNAUTHORIZED],
    [
      'one scope that is not delegated',
      () => ({ scope: `${scopes.users} ${scopes.cloud}` }),
      '403 access_denied: Requested client not authorized.',
    ],
  ])('refuses %s', async (_, claims, wanted) => {
    await using google = await startGoogle();
    expect(failure(await tokenAnswer(google, assertionOf(google, claims(google))))).toBe(wanted);
  });

  test.each<[string, (google: GoogleEmulator) => void, string]>([
    [
      'a deleted key',
      ({ serviceAccount }) => serviceAccount.keys.splice(0),
      '400 invalid_grant: Invalid JWT Signature.',
    ],
    [
      'a disabled key',
      ({ serviceAccount }) => {
        for (const key of serviceAccount.keys) key.state = 'disabled';
      },
      '400 invalid_grant: Invalid JWT Signature.',
    ],
    [
      'a disabled account',
      ({ serviceAccount }) => void (serviceAccount.state = 'disabled'),
      '401 disabled_client: The OAuth client was disabled.',
    ],
    [
      'a deleted account',
      ({ serviceAccount }) => void (serviceAccount.state = 'deleted'),
      '400 invalid_grant: Invalid grant: account not found',
    ],
    ['an account that nothing is delegated to', ({ serviceAccount }) => serviceAccount.delegated.clear(), UNAUTHORIZED],
    [
      'a suspended subject',
      ({ directory, subject }) => directory.editUser(directory.user(subject), { suspended: true }),
      '400 invalid_grant: Invalid email or User ID',
    ],
    [
      'a deleted subject',
      ({ directory, subject }) => directory.removeUser(directory.user(subject)),
      '400 invalid_grant: Invalid email or User ID',
    ],
  ])('refuses %s', async (_, change, wanted) => {
    await using google = await startGoogle();
    const assertion = assertionOf(google);
    change(google);
    expect(failure(await tokenAnswer(google, assertion))).toBe(wanted);
  });

  test('refuses what is signed by another key, in another way, or is no assertion', async () => {
    await using google = await startGoogle();
    const other = { ...google.serviceAccountKey, private_key: privateKey('system') };
    const [head, body] = assertionOf(google).split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.x`;
    for (const assertion of [
      assertionOf(google, {}, { key: other }),
      assertionOf(google, {}, { header: { kid: 'other' } }),
      assertionOf(google, {}, { header: { alg: 'HS256' } }),
      unsigned,
    ])
      expect(failure(await tokenAnswer(google, assertion))).toBe('400 invalid_grant: Invalid JWT Signature.');
    for (const nonsense of ['x', `${head}.${body}`, `${head}.x.y`, `${head}.${body}.a.b`])
      expect(failure(await tokenAnswer(google, nonsense))).toBe('400 invalid_grant: Bad Request');
    const form = (fields: Record<string, string>) => send(google, google.tokenUrl, { form: fields });
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    expect(failure(await form({ x: 'y' }))).toBe('400 invalid_request: Required parameter is missing: grant_type');
    expect(failure(await form({ grant_type }))).toBe('400 invalid_request: Required parameter is missing: assertion');
    expect(failure(await form({ grant_type: 'client_credentials' }))).toBe(
      '400 unsupported_grant_type: Invalid grant_type: client_credentials',
    );
  });

  test('takes a second key, and only that one once the first is gone', async () => {
    await using google = await startGoogle();
    const first = assertionOf(google);
    const second = assertionOf(google, {}, { key: google.newKey(google.serviceAccount) });
    expect((await tokenAnswer(google, second)).status).toBe(200);
    google.serviceAccount.keys.shift();
    expect((await tokenAnswer(google, second)).status).toBe(200);
    expect((await tokenAnswer(google, first)).status).toBe(400);
  });
});

describe('a token', () => {
  const users = '/users?customer=my_customer';
  const started = async (options: GoogleOptions = {}) => {
    const google = await startGoogle(options);
    return { google, token: await tokenOf(google), ask: (token: string | null) => ask(google, token, users) };
  };

  test('is needed', async () => {
    const { google, ask } = await started();
    await using _ = google;
    const without = await ask(null);
    expect(failure(without)).toMatch(/^401 required: Request is missing required authentication credential/);
    expect(without.headers.get('www-authenticate')).toContain('Bearer');
    expect(rowOf(rowOf((await ask('nonsense')).body).error)).toMatchObject({
      code: 401,
      status: 'UNAUTHENTICATED',
      errors: [{ message: 'Invalid Credentials', domain: 'global', reason: 'authError', location: 'Authorization' }],
    });
  });

  test('expires, and can be revoked', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: async () => {} };
    const { google, token, ask } = await started({ clock, tokenLifespan: 60 });
    await using _ = google;
    expect((await ask(token)).status).toBe(200);
    now += 60_000;
    expect((await ask(token)).status).toBe(401);
    const { body } = await tokenAnswer(google, assertionOf(google, {}, { now }));
    const fresh = String(rowOf(body).access_token);
    expect((await ask(fresh)).status).toBe(200);
    google.revokeTokens();
    expect((await ask(fresh)).status).toBe(401);
  });

  test('may be asked for by another clock than the one it expires by', async () => {
    let now = Date.UTC(2020, 0, 1);
    const clock = { now: () => now, sleep: async () => {} };
    await using strict = await startGoogle({ clock });
    expect(failure(await tokenAnswer(strict, assertionOf(strict)))).toBe(SHORT_LIVED);
    await using google = await startGoogle({ clock, assertionClock: systemClock });
    const token = await tokenOf(google);
    expect((await ask(google, token, users)).status).toBe(200);
    now += 3_600_000;
    expect((await ask(google, token, users)).status).toBe(401);
  });

  test.each<[string, (google: GoogleEmulator) => void, string | RegExp | number]>([
    [
      'whose administrator is one no more sees nothing',
      ({ directory, subject }) => directory.setPrivileges(directory.user(subject), null),
      '403 forbidden: Not Authorized to access this resource/api',
    ],
    [
      'whose administrator may read groups only sees no users',
      ({ directory, subject }) => directory.setPrivileges(directory.user(subject), ['GROUPS_RETRIEVE']),
      '403 forbidden: Not Authorized to access this resource/api',
    ],
    [
      'whose administrator may read users sees them',
      ({ directory, subject }) => directory.setPrivileges(directory.user(subject), ['USERS_RETRIEVE']),
      200,
    ],
    [
      'whose administrator is gone is none',
      ({ directory, subject }) => directory.removeUser(directory.user(subject)),
      401,
    ],
    ['of an account that is gone is none', ({ serviceAccount }) => void (serviceAccount.state = 'deleted'), 401],
    [
      'is worth nothing where the API is not enabled',
      ({ settings }) => void (settings.adminApi = false),
      /^403 accessNotConfigured: Admin SDK API has not been used in project 481516234200 before or it is disabled/,
    ],
  ])('%s', async (_, change, wanted) => {
    const { google, token, ask } = await started();
    await using _google = google;
    change(google);
    const answer = await ask(token);
    if (typeof wanted === 'number') expect(answer.status).toBe(wanted);
    else expect(failure(answer)).toEqual(expect.stringMatching(wanted));
  });

  test('needs the scope of the method', async () => {
    await using google = await startGoogle();
    const token = await tokenOf(google, { scope: scopes.members });
    google.directory.addGroup({ email: 'team@fjord.example' });
    const refused = await ask(google, token, '/groups/team@fjord.example');
    expect(failure(refused)).toBe('403 insufficientPermissions: Request had insufficient authentication scopes.');
    expect(rowOf(rowOf(refused.body).error).details).toMatchObject([{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }]);
    expect((await ask(google, token, '/groups/team@fjord.example/members')).status).toBe(200);
  });

  test('of a service account by itself needs a role of its own, and says which account it means', async () => {
    await using google = await startGoogle();
    const token = await tokenOf(google, { sub: undefined });
    const at = (customer: string) => ask(google, token, `/users?customer=${customer}`);
    expect(failure(await at(google.customerId))).toBe('403 forbidden: Not Authorized to access this resource/api');
    google.serviceAccount.privileges = ['USERS_RETRIEVE'];
    expect((await at(google.customerId)).status).toBe(200);
    expect(failure(await at('my_customer'))).toBe('400 invalid: Invalid Input');
  });
});
