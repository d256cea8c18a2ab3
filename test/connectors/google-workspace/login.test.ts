import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as tunnel } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SCOPES } from '../../../connectors/google-workspace/schema.ts';
import { Failure } from '../../../src/model/failure.ts';
import { Secret } from '../../../src/model/secret.ts';
import { makeCertificate } from '../../emulators/azure-ad/certificate.ts';
import { scopes } from '../../emulators/google-workspace/accounts.ts';
import type { GoogleEmulator } from '../../emulators/google-workspace/google.ts';
import { rowOf, send } from '../../emulators/google-workspace/walk.ts';
import { failureOf, never } from '../http/open.ts';
import { walk } from '../walk.ts';
import { configFor, connect, type GoogleWorld, googleWorld, populate } from './world.ts';

const nothing = { users: [], groups: [] };

/** What a pass fails with, and what a check says of the same. */
async function said({ connector }: Pick<GoogleWorld, 'connector'>) {
  const { message, code } = await failureOf(walk(connector.snapshot(nothing, never)));
  const bad = (await connector.check(never)).filter(({ ok }) => !ok);
  return { code, message, check: bad.map(({ what, detail }) => `${what}: ${detail}`) };
}

/** A token of the machine's own account. */
async function machineToken(google: GoogleEmulator): Promise<string> {
  const url = `${google.directoryUrl}/computeMetadata/v1/instance/service-accounts/default/token`;
  return String(rowOf((await send(google, url, { headers: { 'metadata-flavor': 'Google' } })).body).access_token);
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

type Case = [what: string, change: (world: GoogleWorld) => unknown, sentence: string];

describe('what Google refuses at the sign-in is one sentence, in a pass and in a check', () => {
  const delegate =
    (...wanted: string[]) =>
    ({ google }: GoogleWorld) => {
      google.serviceAccount.delegated = new Set(wanted);
    };

  test.each<Case>([
    [
      'a deleted key',
      ({ google }) => google.serviceAccount.keys.splice(0),
      'Make a new one at console.cloud.google.com',
    ],
    [
      'a disabled key',
      ({ google }) => google.serviceAccount.keys.map((key) => Object.assign(key, { state: 'disabled' })),
      'it was deleted or disabled',
    ],
    [
      'a deleted account',
      ({ google }) => Object.assign(google.serviceAccount, { state: 'deleted' }),
      'there is no service account rosterd@',
    ],
    [
      'a disabled account',
      ({ google }) => Object.assign(google.serviceAccount, { state: 'disabled' }),
      'is disabled. Enable it at console.cloud.google.com',
    ],
    [
      'nothing delegated',
      delegate(),
      `not all of ${SCOPES.users} and ${SCOPES.groups}. Add these scopes at admin.google.com`,
    ],
    ['the scope of users not delegated', delegate(scopes.groups), `the scope ${SCOPES.users} is not delegated to`],
    ['the scope of groups not delegated', delegate(scopes.users), `the scope ${SCOPES.groups} is not delegated to`],
    [
      'a suspended subject',
      ({ google: { directory, subject } }) => directory.editUser(directory.user(subject), { suspended: true }),
      'Google has no active user admin@fjord.example',
    ],
    [
      'a deleted subject',
      ({ google: { directory, subject } }) => directory.removeUser(directory.user(subject)),
      'Check "subject"',
    ],
  ])('%s', async (_, change, sentence) => {
    const world = await googleWorld();
    change(world);
    const { code, message, check } = await said(world);
    expect(code).toBe('authentication');
    expect(message).toMatch(/^Source "staff": .+[.]$/);
    expect(message).toContain(sentence);
    expect(check).toEqual([`credentials: ${capital(message.replace('Source "staff": ', ''))}`]);
    expect(world.connector.requests()).toBe(world.google.requests.length);
  });

  test('the client id is named, by which the Admin console knows the account', async () => {
    const world = await googleWorld({ scopes: [] });
    const { message } = await said(world);
    expect(message).toContain(
      `Manage domain-wide delegation, to the entry with the client id ${world.google.serviceAccount.clientId}`,
    );
  });

  test.each([
    ['an unknown subject', 'nobody@fjord.example', 'Google has no active user nobody@fjord.example'],
    ['a subject of another organisation', 'admin@elsewhere.example', 'nothing is delegated to the service account'],
  ])('%s', async (_, subject, sentence) => {
    const world = await googleWorld({ config: { subject } });
    const { code, message } = await said(world);
    expect(code).toBe('authentication');
    expect(message).toContain(sentence);
  });

  test("a clock that is off, by how much Google's own time tells", async () => {
    const off = { now: () => Date.now() + 3 * 3_600_000, sleep: async () => undefined };
    const world = await googleWorld({ assertionClock: off });
    const date = new Date(world.clock.now() + 3 * 3_600_000).toUTCString();
    world.google.faults.when({ path: '/token', times: 9 }, async (_asked, honest) => {
      const reply = await honest();
      return { ...reply, headers: { ...reply.headers, date } };
    });
    const { code, message, check } = await said(world);
    expect(code).toBe('authentication');
    expect(message).toMatch(
      /too old or too new: this machine's clock is 1[78]\d minutes behind. Set this machine's clock/,
    );
    expect(check[0]).toContain('clock');
  });

  test('words that the table does not know are shown', async () => {
    const world = await googleWorld();
    world.google.faults.when({ path: '/token', times: 99 }, async () => ({
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ error: 'invalid_grant', error_description: 'Something new.' }),
    }));
    expect((await said(world)).message).toContain('in: Something new. Check "serviceAccountKey"');
  });
});

describe('permissions', () => {
  test.each<[...Case, string[]]>([
    [
      'a subject who is no administrator',
      ({ google: { directory, subject } }) => directory.setPrivileges(directory.user(subject), null),
      'does not let admin@fjord.example read the',
      ['permission to read users', 'permission to read groups'],
    ],
    [
      'an administrator without the privilege for users',
      ({ google: { directory, subject } }) => directory.setPrivileges(directory.user(subject), ['GROUPS_RETRIEVE']),
      'the privilege "Admin API privileges > Users > Read"',
      ['permission to read users'],
    ],
    [
      'an administrator without the privilege for groups',
      ({ google: { directory, subject } }) => directory.setPrivileges(directory.user(subject), ['USERS_RETRIEVE']),
      'the privilege "Admin API privileges > Groups > Read"',
      ['permission to read groups'],
    ],
    [
      'the Admin SDK API not enabled',
      ({ google }) => Object.assign(google.settings, { adminApi: false }),
      'Enable it at https://console.cloud.google.com/apis/library/admin.googleapis.com?project=481516234200',
      ['permission to read users', 'permission to read groups'],
    ],
  ])('%s', async (_, change, sentence, found) => {
    const world = await googleWorld();
    populate(world.google);
    change(world);
    const { code, message, check } = await said(world);
    expect(code).toBe('permission');
    expect(message).toContain(sentence);
    expect(check.map((line) => line.split(':')[0])).toEqual(found);
    for (const line of check) expect(line).toMatch(/[.]$/);
  });

  test('another account than that of the subject', async () => {
    const { code, message } = await said(await googleWorld({ config: { customer: 'C0other000' } }));
    expect(code).toBe('permission');
    expect(message).toContain('check "customer"');
  });

  test('a domain that the account does not have', async () => {
    const { message } = await said(await googleWorld({ config: { domains: ['fjord.example', 'lake.example'] } }));
    expect(message).toContain('one of the domains fjord.example, lake.example');
  });

  test('a custom schema that the account does not have', async () => {
    const { connector } = await googleWorld();
    const want = { users: ['Work.shift'], groups: [] };
    expect((await failureOf(walk(connector.snapshot(want, never)))).message).toContain('Manage custom attributes');
  });

  test('a token that is refused though it is new', async () => {
    const world = await googleWorld();
    world.google.faults.when({ path: /\/users$/, times: 9 }, async (_asked, honest) => {
      world.google.revokeTokens();
      return honest();
    });
    expect((await said(world)).message).toContain('a fresh one too');
  });
});

describe('a key', () => {
  const { privateKey, ...others } = { privateKey: 'PRIVATE', type: 'service_account', client_email: 'a@b.c' };
  test.each([
    ['no JSON', '/run/secrets/google.json', 'is not JSON. It takes the text of the key file'],
    ['of another type', '{"type":"external_account","private_key":"SECRET"}', 'is not the key of a service account'],
    ['without a key', JSON.stringify(others), 'lacks "client_email" or "private_key"'],
    ['that is damaged', JSON.stringify({ ...others, private_key: privateKey }), 'holds a damaged private key'],
    [
      'of another universe',
      JSON.stringify({ ...others, private_key: privateKey, universe_domain: 'example.com' }),
      'is of another universe',
    ],
  ])('%s is refused, and not repeated', async (_, text, sentence) => {
    const { google, clock } = await googleWorld();
    let failure: unknown;
    try {
      connect(google, clock, { serviceAccountKey: Secret.of(text) });
    } catch (error) {
      failure = error;
    }
    if (!(failure instanceof Failure)) throw new Error('nothing was refused');
    expect(failure).toMatchObject({ code: 'configuration', exit: 2 });
    expect(failure.message).toContain(sentence);
    expect(failure.message).not.toMatch(/PRIVATE|SECRET|run\/secrets\/google\.json, not/);
  });

  test('over TLS with a certificate of its own, by way of the fetch layer alone', async () => {
    const { connector, google } = await googleWorld({ https: true });
    populate(google);
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(5);
    expect(connector.requests()).toBe(google.requests.length);
  });

  test('another one takes the place of the old one', async () => {
    const { google, clock } = await googleWorld();
    const key = google.newKey(google.serviceAccount);
    google.serviceAccount.keys.shift();
    const { connector } = connect(google, clock, { serviceAccountKey: Secret.of(JSON.stringify(key)) });
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(1);
  });
});

test('a service account with a role of its own acts for nobody', async () => {
  const { google, clock } = await googleWorld({ scopes: [] });
  google.serviceAccount.privileges = ['USERS_RETRIEVE', 'GROUPS_RETRIEVE'];
  populate(google);
  const config = { ...configFor(google), subject: undefined, customer: google.customerId };
  const { connector } = connect(google, clock, config);
  expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(5);
  expect((await connector.check(never)).filter(({ ok }) => !ok)).toEqual([]);
});

describe('without a key', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rosterd-google-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** On a machine of Google Cloud, unless a file is named. */
  async function keyless(env: Record<string, string> = {}): Promise<GoogleWorld> {
    const { google, clock } = await googleWorld();
    populate(google);
    // Google signs by its own time, which is the emulator's here.
    google.serviceAccount.keys = [];
    const clocked = { ...clock, now: () => Date.now() };
    const host = new URL(google.directoryUrl).host;
    const impersonate = google.serviceAccount.email;
    return connect(
      google,
      clocked,
      { impersonate },
      { GCE_METADATA_HOST: host, HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', ...env },
    );
  }
  const file = (name: string, json: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof json === 'string' ? json : JSON.stringify(json));
    return path;
  };

  test('a machine of Google Cloud signs as the service account: three requests for a token', async () => {
    const { connector, google } = await keyless();
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(5);
    expect(google.requests.slice(0, 3).map(({ path }) => path.replace(/^.*[/:]/, ''))).toEqual([
      'token',
      'signJwt',
      'token',
    ]);
    expect(connector.requests()).toBe(google.requests.length);
    expect((await connector.check(never)).filter(({ ok }) => !ok)).toEqual([]);
  });

  test.each<Case>([
    [
      'may not sign',
      ({ google }) => google.serviceAccount.tokenCreators.clear(),
      'the role Service Account Token Creator on it',
    ],
    [
      'where the API for signing is not enabled',
      ({ google }) => Object.assign(google.settings, { iamApi: false }),
      'apis/library/iamcredentials.googleapis.com?project=481516234200',
    ],
    [
      'a scope that is not delegated',
      ({ google }) => google.serviceAccount.delegated.delete(scopes.groups),
      `the scope ${SCOPES.groups} is not delegated`,
    ],
  ])('what is refused is told, in a pass and in a check: %s', async (_, change, sentence) => {
    const world = await keyless();
    change(world);
    const { code, message, check } = await said(world);
    expect(code).toBe('authentication');
    expect(message).toContain(sentence);
    expect(check).toEqual([`credentials: ${capital(message.replace('Source "staff": ', ''))}`]);
    expect(world.connector.requests()).toBe(world.google.requests.length);
  });

  test.each([
    ['token', '/computeMetadata'],
    ['signature', ':signJwt'],
    ['exchange', /^\/token$/],
  ])('a failure that passes is not noticed: %s', async (_, path) => {
    const { connector, google } = await keyless();
    google.faults.when({ path, times: 2 }, async () => ({ status: 503, headers: {}, body: '' }));
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(5);
    expect(connector.requests()).toBe(google.requests.length);
  });

  test('elsewhere, without credentials, what to do is said', async () => {
    const { google, clock } = await googleWorld();
    const env = { HOME: folder, GCE_METADATA_HOST: 'metadata.invalid' };
    const { connector } = connect(google, clock, { impersonate: google.serviceAccount.email }, env);
    const { message } = await failureOf(walk(connector.snapshot(nothing, never)));
    expect(message).toMatch(/no credentials of its own|could not be resolved/);
  });

  test('a key of another account may sign for it', async () => {
    const { google, clock } = await googleWorld();
    google.serviceAccount.tokenCreators.clear();
    const other = google.addAccount('signer');
    google.serviceAccount.tokenCreators.add(other.email);
    const GOOGLE_APPLICATION_CREDENTIALS = file('key.json', google.newKey(other));
    const clocked = { ...clock, now: () => Date.now() };
    const { connector } = connect(
      google,
      clocked,
      { impersonate: google.serviceAccount.email },
      { GOOGLE_APPLICATION_CREDENTIALS },
    );
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(1);
    expect(connector.requests()).toBe(google.requests.length);
  });

  test('a login of gcloud asks the token endpoint with its refresh token', async () => {
    const { google, clock } = await googleWorld();
    const login = { type: 'authorized_user', client_id: 'id', client_secret: 'shh', refresh_token: 'r3fresh' };
    file('application_default_credentials.json', login);
    const config = { impersonate: google.serviceAccount.email };
    const { connector } = connect(google, clock, config, { CLOUDSDK_CONFIG: folder, HOME: join(folder, 'none') });
    // The emulator knows no people who log in: it refuses, and that is what is told.
    const { message } = await failureOf(walk(connector.snapshot(nothing, never)));
    expect(message).toMatch(/^Source "staff": Google does not take the credentials of this machine: .*refresh_token/);
    expect(message).toContain('Log in again (gcloud auth application-default login)');
    expect(message).not.toMatch(/shh|r3fresh/);
  });

  const pool = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
  };

  test('workload identity: the token of another provider is exchanged, by way of the proxy', async () => {
    const { google, clock } = await googleWorld({ tls: makeCertificate('sts.googleapis.com') });
    const port = Number(new URL(google.directoryUrl).port);
    const to: string[] = [];
    const proxy = createServer().on('connect', (asked, near) => {
      to.push(String(asked.url));
      const far = tunnel(port, '127.0.0.1', () => {
        near.write('HTTP/1.1 200 Connection established\r\n\r\n');
        far.pipe(near).pipe(far);
      });
      for (const end of [near, far]) end.on('error', () => [near, far].map((each) => each.destroy()));
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const HTTPS_PROXY = `http://127.0.0.1:${Object(proxy.address()).port}`;

    const machine = await machineToken(google);
    const asked: URLSearchParams[] = [];
    google.faults.when({ path: '/v1/token', times: 9 }, async ({ body }) => {
      asked.push(new URLSearchParams(body));
      return { status: 200, headers: {}, body: JSON.stringify({ access_token: machine, expires_in: 3600 }) };
    });
    const token = file('token.txt', 'from elsewhere');
    const GOOGLE_APPLICATION_CREDENTIALS = file('pool.json', { ...pool, credential_source: { file: token } });
    const clocked = { ...clock, now: () => Date.now() };
    const env = { GOOGLE_APPLICATION_CREDENTIALS, HTTPS_PROXY, NO_PROXY: '127.0.0.1' };
    const { connector } = connect(google, clocked, { impersonate: google.serviceAccount.email }, env);
    expect((await walk(connector.snapshot(nothing, never))).users.size).toBe(1);
    expect(to).toEqual(['sts.googleapis.com:443']);
    expect(asked.map((form) => form.get('subject_token'))).toEqual(['from elsewhere']);
    expect(connector.requests()).toBe(google.requests.length - 1);
  });

  test('files that would run a command, or send a token elsewhere, are refused', async () => {
    const { google, clock } = await googleWorld();
    const token = file('token.txt', 'from elsewhere');
    for (const [name, odd, why] of [
      ['executable', { credential_source: { executable: { command: '/bin/true' } } }, 'run a command'],
      [
        'url',
        { token_url: 'https://sts.googleapis.com.evil.example/', credential_source: { file: token } },
        'not one of Google',
      ],
      ['plain', { token_url: 'http://sts.googleapis.com/', credential_source: { file: token } }, 'not one of Google'],
      ['type', { type: 'gdch_service_account' }, 'of a type that rosterd does not take'],
    ] as const) {
      const bad = file(`${name}.json`, { ...pool, ...odd });
      const open = () =>
        connect(google, clock, { impersonate: google.serviceAccount.email }, { GOOGLE_APPLICATION_CREDENTIALS: bad });
      expect(open).toThrow(why);
    }
    for (const [text, why] of [
      ['not JSON', 'is not JSON'],
      [null, 'cannot be read'],
    ] as const) {
      const bad = text === null ? join(folder, 'none.json') : file('text.json', text);
      const open = () =>
        connect(google, clock, { impersonate: google.serviceAccount.email }, { GOOGLE_APPLICATION_CREDENTIALS: bad });
      expect(open).toThrow(why);
    }
  });
});
