import { describe, expect, test } from 'vitest';
import { makeKeyPair } from './keys.ts';
import { type OktaEmulator, startOkta } from './okta.ts';
import {
  type Answer,
  ask,
  assertion,
  assertionForm,
  claimsOf,
  failure,
  hashOf,
  proof,
  rowOf,
  tokenAnswer,
} from './walk.ts';

const { jwk: mine } = makeKeyPair('proof', 'ES256').privateKey;
const { jwk: theirs } = makeKeyPair('stranger', 'ES256').privateKey;

const tokenUrl = (okta: OktaEmulator) => `${okta.orgUrl}/oauth2/v1/token`;
/** A new assertion each time: the vendor takes each of them once. */
const withProof = (okta: OktaEmulator, dpop?: string) => tokenAnswer(okta, assertionForm(assertion(okta)), dpop);

/** A token that is bound to a key, by the way of the nonce. */
async function boundToken(okta: OktaEmulator, key = mine): Promise<string> {
  const first = await withProof(okta, proof(key, 'POST', tokenUrl(okta)));
  const nonce = first.headers.get('dpop-nonce');
  const { status, body } = await withProof(okta, proof(key, 'POST', tokenUrl(okta), { nonce }));
  if (status !== 200) throw new Error(JSON.stringify(body));
  return String(rowOf(body).access_token);
}

const described = ({ status, body }: Answer) => `${status} ${rowOf(body).error_description}`;

test('a token request without a proof, without the nonce, and with both', async () => {
  await using okta = await startOkta({ requireDpop: true });
  const none = await withProof(okta);
  expect([failure(none), described(none)]).toEqual([
    '400 invalid_dpop_proof',
    '400 The DPoP proof JWT header is missing.',
  ]);
  const first = await withProof(okta, proof(mine, 'POST', tokenUrl(okta)));
  expect(failure(first)).toBe('400 use_dpop_nonce');
  const nonce = first.headers.get('dpop-nonce');
  const { status, body } = await withProof(okta, proof(mine, 'POST', tokenUrl(okta), { nonce }));
  expect([status, body]).toMatchObject([200, { token_type: 'DPoP' }]);
  expect(claimsOf(String(rowOf(body).access_token)).cnf).toEqual({ jkt: expect.any(String) });
  okta.rotateNonce();
  expect(failure(await withProof(okta, proof(mine, 'POST', tokenUrl(okta), { nonce })))).toBe('400 use_dpop_nonce');
});

test('the assertion is used up by the request that lacked the nonce', async () => {
  await using okta = await startOkta({ requireDpop: true });
  const form = assertionForm(assertion(okta));
  const first = await tokenAnswer(okta, form, proof(mine, 'POST', tokenUrl(okta)));
  const nonce = first.headers.get('dpop-nonce');
  const again = await tokenAnswer(okta, form, proof(mine, 'POST', tokenUrl(okta), { nonce }));
  expect(described(again)).toBe('401 The client_assertion token has already been used.');
});

describe('a proof beside a token', () => {
  test.each<[string, (okta: OktaEmulator, token: string) => string | undefined, string]>([
    [
      'as it should be',
      (okta, token) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/users`, { ath: hashOf(token) }),
      '200',
    ],
    ['none', () => undefined, 'header is missing'],
    ['no token', () => 'x', 'JWT is invalid'],
    [
      'of another key',
      (okta, token) => proof(theirs, 'GET', `${okta.orgUrl}/api/v1/users`, { ath: hashOf(token) }),
      'another key',
    ],
    [
      'for another method',
      (okta, token) => proof(mine, 'POST', `${okta.orgUrl}/api/v1/users`, { ath: hashOf(token) }),
      "'htm'",
    ],
    [
      'for another path',
      (okta, token) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/groups`, { ath: hashOf(token) }),
      "'htu'",
    ],
    [
      'with the query',
      (okta, token) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/users?limit=2`, { ath: hashOf(token) }),
      "'htu'",
    ],
    [
      'for another host',
      (_, token) => proof(mine, 'GET', 'https://x.example/api/v1/users', { ath: hashOf(token) }),
      "'htu'",
    ],
    ['without the hash of the token', (okta) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/users`), "'ath'"],
    ['of another token', (okta) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/users`, { ath: hashOf('x') }), "'ath'"],
    [
      'that is old',
      (okta, token) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/users`, { ath: hashOf(token), iat: 1_700_000_000 }),
      "'iat'",
    ],
    [
      'that is no proof but a token',
      (okta, token) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/users`, { ath: hashOf(token) }, { typ: 'JWT' }),
      "'typ'",
    ],
    [
      'with the private key in it',
      (okta, token) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/users`, { ath: hashOf(token) }, { jwk: mine }),
      "'jwk'",
    ],
  ])('%s', async (_, make, wanted) => {
    await using okta = await startOkta({ requireDpop: true });
    const token = await boundToken(okta);
    const dpop = make(okta, token);
    const headers: Record<string, string> = dpop === undefined ? {} : { dpop };
    const answer = await ask(okta, '/api/v1/users?limit=2', { as: `DPoP ${token}`, headers });
    if (wanted === '200') expect(answer.status).toBe(200);
    else {
      expect(described(answer)).toContain(wanted);
      expect(failure(answer)).toBe('400 invalid_dpop_proof');
      expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP .*error="invalid_dpop_proof"/);
    }
  });

  test('is good once, and for the path as the server decodes it', async () => {
    await using okta = await startOkta({ requireDpop: true });
    okta.org.addUser({ login: 'ada@acme.example' });
    const token = await boundToken(okta);
    const asked = async (path: string, dpop: string) =>
      (await ask(okta, `/api/v1/users/${path}`, { as: `DPoP ${token}`, headers: { dpop } })).status;
    const of = (path: string) => proof(mine, 'GET', `${okta.orgUrl}/api/v1/users/${path}`, { ath: hashOf(token) });
    const once = of('ada@acme.example');
    expect(await asked('ada%40acme.example', once)).toBe(200);
    expect(await asked('ada%40acme.example', once)).toBe(400);
    expect(await asked('ada%40acme.example', of('ada%40acme.example'))).toBe(400);
  });

  test('may need the nonce too', async () => {
    await using okta = await startOkta({ requireDpop: true, resourceNonces: true });
    const token = await boundToken(okta);
    const asked = (claims: object) => {
      const dpop = proof(mine, 'GET', `${okta.orgUrl}/api/v1/users`, { ath: hashOf(token), ...claims });
      return ask(okta, '/api/v1/users', { as: `DPoP ${token}`, headers: { dpop } });
    };
    const first = await asked({});
    expect(failure(first)).toBe('401 use_dpop_nonce');
    expect((await asked({ nonce: first.headers.get('dpop-nonce') })).status).toBe(200);
  });
});

test('a token that is bound is no bearer’s, and a proof that nobody asked for binds', async () => {
  await using okta = await startOkta();
  const token = await boundToken(okta);
  const refused = await ask(okta, '/api/v1/users', { as: `Bearer ${token}` });
  expect([failure(refused), refused.headers.get('www-authenticate')]).toEqual([
    '401 E0000011',
    expect.stringMatching(/^DPoP /),
  ]);
});
