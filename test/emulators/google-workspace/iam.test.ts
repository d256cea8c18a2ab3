import { describe, expect, test } from 'vitest';
import { scopes } from './accounts.ts';
import { type GoogleEmulator, startGoogle } from './google.ts';
import { ask, failure, READERS, type Row, rowOf, send, tokenAnswer } from './walk.ts';

const flavor = { 'Metadata-Flavor': 'Google' };
const at = '/computeMetadata/v1/instance/service-accounts/default';

/** A token of the machine's own account. */
async function machineToken(google: GoogleEmulator): Promise<string> {
  const { body } = await send(google, `${google.directoryUrl}${at}/token`, { headers: flavor });
  return String(rowOf(body).access_token);
}

const call = (
  google: GoogleEmulator,
  method: string,
  token: string | null,
  body: unknown,
  of = google.serviceAccount.email,
) => send(google, `${google.iamUrl}/v1/projects/-/serviceAccounts/${of}:${method}`, { token, body });

function payload(google: GoogleEmulator, more: Row = {}): { payload: string } {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: google.serviceAccount.email,
    sub: google.subject,
    scope: READERS.join(' '),
    aud: google.tokenUrl,
  };
  return { payload: JSON.stringify({ ...claims, iat, exp: iat + 3600, ...more }) };
}

describe('without a key file', () => {
  test('a machine signs an assertion as another account, and reads the directory with it', async () => {
    await using google = await startGoogle();
    google.serviceAccount.keys = [];
    const { status, body } = await call(google, 'signJwt', await machineToken(google), payload(google));
    expect([status, rowOf(body).keyId]).toEqual([200, google.serviceAccount.keys[0]?.id]);
    const answer = await tokenAnswer(google, String(rowOf(body).signedJwt));
    expect(answer.status).toBe(200);
    const users = await ask(google, String(rowOf(answer.body).access_token), '/users?customer=my_customer');
    expect(users.status).toBe(200);
  });

  test('a token of the account itself comes from generateAccessToken', async () => {
    await using google = await startGoogle();
    google.serviceAccount.privileges = 'super';
    const wanted = { scope: [scopes.users], lifetime: '600s' };
    const { body } = await call(google, 'generateAccessToken', await machineToken(google), wanted);
    const { accessToken, expireTime } = rowOf(body);
    expect(Date.parse(String(expireTime))).toBeGreaterThan(Date.now() + 590_000);
    expect((await ask(google, String(accessToken), `/users?customer=${google.customerId}`)).status).toBe(200);
  });

  const denied =
    "403 PERMISSION_DENIED: Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist).";
  test.each<[string, (google: GoogleEmulator) => void, string]>([
    ['without the role', ({ serviceAccount }) => serviceAccount.tokenCreators.clear(), denied],
    ['for a deleted account', ({ serviceAccount }) => void (serviceAccount.state = 'deleted'), denied],
    [
      'where the API is not enabled',
      ({ settings }) => void (settings.iamApi = false),
      '403 PERMISSION_DENIED: IAM Service Account Credentials API has not been used',
    ],
    ['with a token that is worth nothing', (google) => google.revokeTokens(), '401 UNAUTHENTICATED'],
  ])('nothing is signed %s', async (_, change, wanted) => {
    await using google = await startGoogle();
    const token = await machineToken(google);
    change(google);
    expect(failure(await call(google, 'signJwt', token, payload(google)))).toContain(wanted);
  });

  test('nothing is signed that could not be used, and nothing for a token of other scopes', async () => {
    await using google = await startGoogle();
    const token = await machineToken(google);
    const signed = async (body: unknown) => failure(await call(google, 'signJwt', token, body));
    expect(await signed({ payload: 'x' })).toContain('400 INVALID_ARGUMENT');
    expect(await signed(payload(google, { exp: 1 }))).toContain('400 INVALID_ARGUMENT');
    expect(await signed(payload(google, { exp: Math.floor(Date.now() / 1000) + 50_000 }))).toContain(
      '400 INVALID_ARGUMENT',
    );
    expect(failure(await call(google, 'signEverything', token, {}))).toContain('404 NOT_FOUND');
    const url = `${google.directoryUrl}${at}/token?scopes=${scopes.users}`;
    const narrow = String(rowOf((await send(google, url, { headers: flavor })).body).access_token);
    expect(failure(await call(google, 'signJwt', narrow, payload(google)))).toContain(
      'insufficient authentication scopes',
    );
    const long = await call(google, 'generateAccessToken', token, { scope: [scopes.users], lifetime: '7200s' });
    expect(failure(long)).toContain('400 INVALID_ARGUMENT');
  });
});

test.each([
  ['/project/project-id', 'rosterd-sync'],
  ['/project/numeric-project-id', '481516234200'],
  ['/instance/service-accounts/default/email', 'machine@rosterd-sync.iam.gserviceaccount.com'],
])('the metadata server says %s', async (path, wanted) => {
  await using google = await startGoogle();
  const url = `${google.directoryUrl}/computeMetadata/v1${path}`;
  expect((await send(google, url, { headers: flavor })).body).toBe(wanted);
  expect((await send(google, url, {})).status).toBe(403);
});
