import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { okta } from '../../../connectors/okta/okta.ts';
import { Failure } from '../../../src/model/failure.ts';
import { Secret } from '../../../src/model/secret.ts';
import { after, answer } from '../../emulators/faults.ts';
import { oktaFailure } from '../../emulators/okta/failures.ts';
import { makeKeyPair } from '../../emulators/okta/keys.ts';
import type { OktaOptions } from '../../emulators/okta/okta.ts';
import { json } from '../../emulators/reply.ts';
import { failureOf, never } from '../http/open.ts';
import { walk } from '../walk.ts';
import { configFor, type OktaWorld, oktaWorld, populate, type Written } from './world.ts';

const nothing = { users: [], groups: [] };
const always = { times: Number.POSITIVE_INFINITY };
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const tokens = ({ emulator }: Pick<OktaWorld, 'emulator'>) =>
  emulator.requests.filter(({ path }) => path === '/oauth2/v1/token').length;

/** What a pass fails with, and what a check says of the same. */
async function said({ connector }: Pick<OktaWorld, 'connector'>) {
  const { message, code } = await failureOf(walk(connector.snapshot(nothing, never)));
  const bad = (await connector.check(never)).filter(({ ok }) => !ok);
  return { code, message, check: bad.map(({ what, detail }) => `${what}: ${detail}`) };
}

const other = makeKeyPair('another-key');
type Case = [string, (world: OktaWorld) => unknown, Written, code: string, sentence: string];

describe('what Okta refuses at the sign-in is one sentence, in a pass and in a check', () => {
  const refusing = (status: number, error: string, description: string) => (world: OktaWorld) =>
    world.emulator.faults.when(
      { path: '/token', ...always },
      answer(json(status, { error, error_description: description })),
    );

  test.each<Case>([
    [
      'an unknown application',
      () => undefined,
      { clientId: 'nobody' },
      'authentication',
      'Okta has no active application "nobody"',
    ],
    [
      'an application that is switched off',
      ({ emulator }) => {
        emulator.app.active = false;
      },
      {},
      'authentication',
      'Okta has no active application',
    ],
    [
      'a key that is not registered',
      () => undefined,
      { privateKey: Secret.of(JSON.stringify(other.privateKey.jwk)) },
      'authentication',
      'does not know the key that signs',
    ],
    [
      'another key under the same id',
      () => undefined,
      { privateKey: Secret.of(other.privateKey.pem), keyId: 'emulated-key' },
      'authentication',
      'is not the private part of the key that Okta has',
    ],
    [
      'an address that the org does not have',
      refusing(401, 'invalid_client', 'The audience claim for client_assertion must be the endpoint invoked.'),
      {},
      'authentication',
      'the org calls itself otherwise than http://127.0.0.1',
    ],
    [
      'a request that came twice',
      refusing(401, 'invalid_client', 'The client_assertion token has already been used.'),
      {},
      'authentication',
      'got the signed request twice',
    ],
    [
      'no scope granted',
      ({ emulator }) => emulator.app.scopes.clear(),
      {},
      'permission',
      'is granted none of the scopes okta.users.read, okta.groups.read',
    ],
    [
      'a scope that there is not',
      () => undefined,
      { scopes: ['users'] },
      'permission',
      'Okta does not give the scopes users: One or more scopes are not configured',
    ],
    [
      'an application of another type',
      refusing(400, 'unauthorized_client', 'The client is not authorized to use the provided grant type.'),
      {},
      'authentication',
      'must be of the type API Services',
    ],
    [
      'a policy',
      refusing(400, 'access_denied', 'Policy evaluation failed for this request'),
      {},
      'permission',
      'a policy of the org does not let',
    ],
    [
      'a proof of possession that is not taken',
      refusing(400, 'invalid_dpop_proof', "'iat' claim in the DPoP proof JWT is invalid."),
      {},
      'authentication',
      'does not take the proof of possession (DPoP)',
    ],
    [
      'a nonce without end',
      (world) =>
        world.emulator.faults.when(
          { path: '/token', ...always },
          answer(json(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'n' })),
        ),
      {},
      'authentication',
      'drop the header DPoP-Nonce',
    ],
    [
      'something that the table does not know',
      refusing(400, 'invalid_request', 'Surprise'),
      {},
      'authentication',
      'refused to sign the application',
    ],
  ])('%s', async (_, change, config, code, sentence) => {
    const world = await oktaWorld({ config });
    change(world);
    const found = await said(world);
    expect(found.code).toBe(code);
    expect(found.message).toMatch(/^Source "corp": .+[.]$/);
    expect(found.message).toContain(sentence);
    expect(found.check).toEqual([`credentials: ${capital(found.message.replace('Source "corp": ', ''))}`]);
    expect(found.message).not.toContain('eyJ');
  });

  test('a clock that is two hours behind', async () => {
    const { emulator, clock } = await oktaWorld();
    const connector = okta(configFor(emulator), {
      ...{ source: 'corp', folder: '', clock: { ...clock, now: () => clock.now() - 7_200_000 }, env: {} },
      log: { debug: () => undefined, warn: () => undefined },
    });
    onTestFinished(() => connector.close());
    expect((await said({ connector })).message).toContain("Set this machine's clock right");
  });
});

describe('what the API refuses', () => {
  const lessRole = ({ emulator }: OktaWorld) => {
    emulator.app.role = null;
    for (const token of emulator.tokens) token.role = null;
  };

  test('an API token that was revoked', async () => {
    const world = await oktaWorld({ by: 'token' });
    for (const token of world.emulator.tokens) token.valid = false;
    const { code, message, check } = await said(world);
    expect(code).toBe('authentication');
    expect(message).toContain('not used for 30 days');
    expect(check).toEqual([`credentials: ${capital(message.replace('Source "corp": ', ''))}`]);
  });

  test.each([
    ['application', 'Beside scopes it needs a role: assign Read-Only Administrator'],
    ['token', 'the administrator who made the API token may not read'],
  ] as const)('a role that is missing: %s', async (by, sentence) => {
    const world = await oktaWorld({ by });
    populate(world.emulator);
    lessRole(world);
    const { code, message, check } = await said(world);
    expect(code).toBe('permission');
    expect(message).toContain(sentence);
    expect(check.map((line) => line.split(':')[0])).toEqual(['permission to read users', 'permission to read groups']);
  });

  test.each([
    ['okta.users.read', 'users'],
    ['okta.groups.read', 'groups'],
  ])('the scope %s that was not granted', async (scope, what) => {
    const world = await oktaWorld();
    populate(world.emulator);
    world.emulator.app.scopes.delete(scope);
    const { code, message, check } = await said(world);
    expect(code).toBe('permission');
    expect(message).toContain(`may not read the ${what}. Grant the scope ${scope} at Applications > Applications > `);
    expect(check).toEqual([
      expect.stringMatching(new RegExp(`^permission to read ${what}: .*lacks the scope ${scope}`)),
    ]);
  });

  test.each([
    ['E0000005', 'authentication', 'drop the header Authorization'],
    ['E0000015', 'permission', 'the org lacks the feature'],
    ['E0000008', 'incomplete', 'has no Management API'],
    ['E0000011', 'authentication', 'a fresh one too'],
  ] as const)('%s', async (errorCode, code, sentence) => {
    const world = await oktaWorld();
    populate(world.emulator);
    world.emulator.faults.when({ path: /\/api\/v1\/users$/, ...always }, oktaFailure(errorCode));
    const found = await said(world);
    expect(found.code).toBe(code);
    expect(found.message).toContain(sentence);
  });

  test('nothing, with an API token that is right', async () => {
    const { connector, emulator } = await oktaWorld({ by: 'token' });
    populate(emulator);
    expect((await connector.check(never)).map(({ ok, detail }) => [ok, detail.split('.')[0]])).toEqual([
      [true, `Okta answers at ${emulator.orgUrl.split('.')[0]}`],
      [true, 'The API token is accepted'],
      [true, 'Users may be read'],
      [true, 'Groups and their members may be read'],
      [true, 'The group Everyone is seen, which roles for some groups do not show'],
    ]);
    expect(emulator.requests.length).toBe(connector.requests());
  });

  test('a role that sees a part of the org is a warning of the check', async () => {
    const world = await oktaWorld({ appRole: 'USER_ADMIN' });
    populate(world.emulator);
    const findings = await world.connector.check(never);
    expect(findings.every(({ ok }) => ok)).toBe(true);
    expect(findings.at(-1)?.detail).toMatch(/^Warning: the group Everyone is not seen/);
    world.emulator.app.role = 'READ_ONLY_ADMIN';
    expect((await world.connector.check(never)).at(-1)?.detail).toMatch(/^The group Everyone is seen/);
  });
});

describe('proofs of possession', () => {
  const started = async (options: Parameters<typeof oktaWorld>[0]) => {
    const proofs: unknown[] = [];
    const onExchange: OktaOptions['onExchange'] = ({ headers }) => {
      if (headers.dpop !== undefined) proofs.push(headers.dpop);
    };
    const world = await oktaWorld({ requireDpop: true, onExchange, ...options });
    populate(world.emulator);
    return { ...world, proofs };
  };

  test('are made once Okta asks for one, with the nonce that it gives', async () => {
    const world = await started({});
    const { users } = await walk(world.connector.snapshot(nothing, never));
    expect(users.size).toBe(5);
    // Without a proof, without a nonce, with both; the next token needs one request.
    expect(tokens(world)).toBe(3);
    world.emulator.revokeTokens();
    await walk(world.connector.snapshot(nothing, never));
    expect(tokens(world)).toBe(4);
    expect(new Set(world.proofs).size).toBe(world.emulator.requests.length - 4);
    expect(world.connector.requests()).toBe(world.emulator.requests.length);
  });

  test('follow a nonce that changes, and one that is asked for at every request', async () => {
    const world = await started({ resourceNonces: true });
    world.emulator.faults.when({ path: /\/api\/v1\/groups$/ }, after(world.emulator.rotateNonce));
    const { groups } = await walk(world.connector.snapshot(nothing, never));
    expect(groups.size).toBe(5);
    world.emulator.rotateNonce();
    world.emulator.revokeTokens();
    expect((await walk(world.connector.snapshot(nothing, never))).groups.size).toBe(5);
  });

  test('that are refused at the API are made anew, and then it is told', async () => {
    const world = await started({});
    const challenge =
      'DPoP realm="x", error="invalid_dpop_proof", error_description="The DPoP proof JWT has already been used."';
    const refused = { status: 400, headers: { 'www-authenticate': challenge }, body: '' };
    const end = world.emulator.faults.when({ path: /\/api\/v1\/groups$/, times: 2 }, answer(refused));
    expect((await walk(world.connector.snapshot(nothing, never))).groups.size).toBe(5);
    end();
    world.emulator.faults.when({ path: /\/api\/v1\/groups$/, ...always }, answer(refused));
    const { message } = await failureOf(walk(world.connector.snapshot(nothing, never)));
    expect(message).toContain(
      'does not take the proof of possession (DPoP) of the request for the groups: The DPoP proof JWT has already been used.',
    );
  });

  test('are not made for who did not ask for them', async () => {
    const world = await started({ requireDpop: false });
    await walk(world.connector.snapshot(nothing, never));
    expect(world.proofs).toEqual([]);
    // The administrator turns it on meanwhile.
    world.emulator.app.requireDpop = true;
    world.emulator.revokeTokens();
    expect((await walk(world.connector.snapshot(nothing, never))).users.size).toBe(5);
  });
});

describe('the private key', () => {
  const ec = makeKeyPair('an-ec-key', 'ES256');
  const pem = (type: 'pkcs1' | 'pkcs8', cipher = false) =>
    generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type, format: 'pem', ...(cipher ? { cipher: 'aes-256-cbc', passphrase: 'x' } : {}) })
      .toString();
  const { publicJwk, privateKey } = makeKeyPair('k');

  test.each([
    ['a JWK on the curve P-256', ec, JSON.stringify(ec.privateKey.jwk), undefined],
    ['PEM on the curve P-256', ec, ec.privateKey.pem, 'an-ec-key'],
    ['PEM of an application with one key', other, other.privateKey.pem, undefined],
    ['a JWK with space around it', other, `\n ${JSON.stringify(other.privateKey.jwk, null, 2)}\n`, undefined],
  ])('may be %s', async (_, { publicJwk: registered }, text, keyId) => {
    const config = { privateKey: Secret.of(text), ...(keyId === undefined ? {} : { keyId }) };
    const world = await oktaWorld({ config });
    populate(world.emulator);
    world.emulator.app.keys = [registered];
    expect((await walk(world.connector.snapshot(nothing, never))).users.size).toBe(5);
  });

  test.each([
    ['', 'is neither a JWK nor PEM text'],
    ['{"kty":"RSA",', 'is not well-formed JSON'],
    ['{"clientId":"x"}', 'it has no "kty"'],
    [JSON.stringify({ keys: [privateKey.jwk] }), 'is a set of keys'],
    [JSON.stringify(publicJwk), 'is a public key (no "d")'],
    [JSON.stringify({ ...privateKey.jwk, n: 'AQAB', d: 'x' }), 'is a damaged JWK'],
    ['-----BEGIN PUBLIC KEY-----\nMII', 'is a public key'],
    ['-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----', 'is a damaged private key'],
    [pem('pkcs8', true), 'is encrypted'],
    [pem('pkcs1', true), 'is encrypted'],
    [
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'is neither an RSA key nor one on the curve P-256',
    ],
  ])('is refused with what is wrong, and not repeated: %#', async (text, sentence) => {
    const { emulator } = await oktaWorld();
    const config = configFor(emulator, { privateKey: Secret.of(text) });
    const failure = thrownBy(config);
    expect(failure).toMatchObject({ code: 'configuration', exit: 2 });
    expect(failure.message).toContain(sentence);
    if (text.length > 40) expect(failure.message).not.toContain(text.slice(30, 60));
  });

  test('an API token that is none is refused without being repeated', async () => {
    const { emulator } = await oktaWorld();
    for (const text of ['', 'two words', 'tökén']) {
      const { message } = thrownBy({ ...configFor(emulator, { by: 'token' }), apiToken: Secret.of(text) });
      expect(message).toContain('"apiToken" is not an API token');
      if (text !== '') expect(message).not.toContain(text);
    }
  });
});

function thrownBy(config: ReturnType<typeof configFor>): Failure {
  try {
    okta(config, {
      ...{ source: 'corp', folder: '', clock: { now: () => 0, sleep: async () => undefined }, env: {} },
      log: { debug: () => undefined, warn: () => undefined },
    });
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test.each([
  ['with keys of its own', 'okta:\n  client:\n    orgUrl: https://evil.example.org\n    token: stolen\n'],
  ['that is no YAML', '{ not: [yaml'],
  ['that is empty', ''],
])('neither okta.yaml nor OKTA_ variables have a say: a file %s', async (_, yaml) => {
  const folder = mkdtempSync(join(tmpdir(), 'rosterd-okta-'));
  const before = process.cwd();
  onTestFinished(() => {
    process.chdir(before);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, '.okta'));
  for (const path of ['okta.yaml', '.okta/okta.yaml']) writeFileSync(join(folder, path), yaml);
  process.chdir(folder);
  for (const [name, value] of [
    ['HOME', folder],
    ['USERPROFILE', folder],
    ['OKTA_CLIENT_ORGURL', 'https://evil.example.org'],
    ['OKTA_CLIENT_TOKEN', 'stolen'],
    ['OKTA_CLIENT_AUTHORIZATIONMODE', 'PrivateKey'],
    ['OKTA_CLIENT_CLIENTID', 'stolen'],
    ['OKTA_CLIENT_PRIVATEKEY', 'stolen'],
    ['HTTPS_PROXY', 'not a proxy'],
  ])
    vi.stubEnv(String(name), String(value));
  for (const by of ['token', 'application'] as const) {
    const shown: unknown[] = [];
    const { connector, emulator } = await oktaWorld({
      by,
      onExchange: ({ headers }) => shown.push(headers.authorization),
    });
    populate(emulator);
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(5);
    expect(emulator.requests.length).toBe(connector.requests());
    expect(shown.join()).toMatch(by === 'token' ? /^SSWS / : /^Bearer /);
    expect(shown.join()).not.toContain('stolen');
  }
});
