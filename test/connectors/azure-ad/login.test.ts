import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { azureAd } from '../../../connectors/azure-ad/azure-ad.ts';
import { type AzureAdConfig, azureAdSchema } from '../../../connectors/azure-ad/schema.ts';
import type { Connector } from '../../../connectors/connector.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { Failure } from '../../../src/model/failure.ts';
import { Secret } from '../../../src/model/secret.ts';
import { makeCertificate } from '../../emulators/azure-ad/certificate.ts';
import { type EntraEmulator, startEntra } from '../../emulators/azure-ad/entra.ts';
import { failureOf, never } from '../http/open.ts';
import { walk } from '../walk.ts';
import { configFor, type EntraWorld, entraWorld, populate } from './world.ts';

const nothing = { users: [], groups: [] };

/** What a pass fails with, and what a check says of the same. */
async function said({ connector }: Pick<EntraWorld, 'connector'>) {
  const { message, code } = await failureOf(walk(connector.snapshot(nothing, never)));
  const bad = (await connector.check(never)).filter(({ ok }) => !ok);
  return { code, message, check: bad.map(({ what, detail }) => `${what}: ${detail}`) };
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

describe('what Entra ID refuses at the sign-in is one sentence, in a pass and in a check', () => {
  test.each<[string, (world: EntraWorld) => void, Partial<AzureAdConfig>, string]>([
    ['a wrong secret (7000215)', () => undefined, { clientSecret: Secret.of('stale') }, "takes the secret's value"],
    [
      'an expired secret (7000222)',
      ({ emulator }) => {
        emulator.app.secrets = emulator.app.secrets.map(({ value }) => ({ value, expires: 0 }));
      },
      {},
      'has expired. Make a new one at https://entra.microsoft.com > App registrations',
    ],
    ['an unknown application (700016)', () => undefined, { clientId: 'nobody' }, 'has no application "nobody"'],
    [
      'another tenant (90002)',
      () => undefined,
      { tenantId: 'elsewhere.example' },
      'there is no tenant "elsewhere.example"',
    ],
    [
      'conditional access (53003)',
      ({ emulator }) => {
        emulator.app.blocked = true;
      },
      {},
      'a Conditional Access policy of tenant',
    ],
    ['another cloud (500011)', () => undefined, { cloud: 'china' }, 'Check "cloud"'],
  ])('%s', async (_, change, config, sentence) => {
    const world = await entraWorld({ config });
    change(world);
    const { code, message, check } = await said(world);
    expect(code).toBe('authentication');
    expect(message).toMatch(/^Source "corp": .+[.]$/);
    expect(message).toContain(sentence);
    expect(check).toEqual([`credentials: ${capital(message.replace('Source "corp": ', ''))}`]);
    expect(message).not.toContain('stale');
  });

  test('missing consent and a number that the table does not know', async () => {
    for (const [number, sentence] of [
      [65001, 'has consented to the permissions'],
      [999999, 'refused to sign the application'],
    ] as const) {
      const world = await entraWorld();
      world.emulator.faults.when({ path: '/token', times: 99 }, async () => ({
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ error: 'invalid_grant', error_description: `AADSTS${number}: Why. Trace ID: 1` }),
      }));
      const { message } = await said(world);
      expect(message).toContain(sentence);
      expect(message).not.toContain('Trace');
    }
  });
});

describe('what is no token', () => {
  const said200 = async (body: string) => {
    const world = await entraWorld();
    world.emulator.faults.when({ path: '/token', times: 99 }, async () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body,
    }));
    return await said(world);
  };

  test.each([
    ['under names that nobody knows', JSON.stringify({ ticket: 'opaque-s3cret-0123', accessToken: 7 }), '"ticket"'],
    ['as a bare text', 'opaque-s3cret-0123', 'with a text where'],
    ['in a list', '["opaque-s3cret-0123"]', 'with a list where'],
  ])('is told without a value of it: %s', async (_, body, says) => {
    const { code, message, check } = await said200(body);
    expect(code).toBe('incomplete');
    expect(message).toContain(says);
    expect(message + check).not.toContain('s3cret');
  });

  test('is quoted where it is a web page', async () => {
    expect((await said200('<h1>Sign in</h1>')).message).toContain('a web page where an object');
  });
});

describe("what Microsoft's library refuses before it asks", () => {
  test('is one sentence, in a pass and in a check', async () => {
    const world = await entraWorld();
    const { emulator } = world;
    const config = { ...configFor(emulator), tenantId: 'common' };
    const log = { debug: () => undefined, warn: () => undefined };
    const around = { source: 'corp', folder: '', clock: systemClock, env: {}, ca: emulator.ca ?? '', log };
    const connector = azureAd(config, around);
    onTestFinished(() => connector.close());
    const { code, message, check } = await said({ connector });
    expect(code).toBe('authentication');
    expect(message).toMatch(/^Source "corp": .*missing_tenant_id_error.* Check "tenantId"/);
    expect(check).toEqual([expect.stringContaining('missing_tenant_id_error')]);
  });

  test.each(['common', 'organizations', 'Consumers'])('the tenant "%s" is none, says the configuration', (tenantId) => {
    const read = azureAdSchema.safeParse({ tenantId, clientId: 'x', clientSecret: Secret.of('y') });
    expect(read.error?.issues.map(({ message }) => message)).toEqual([
      expect.stringContaining('names no single tenant'),
    ]);
  });
});

describe('permissions', () => {
  test.each([
    ['users', ['GroupMember.Read.All'], 'User.Read.All'],
    ['groups', ['User.Read.All'], 'GroupMember.Read.All'],
  ] as const)('one that is missing for %s is named, with where it is granted', async (what, permissions, missing) => {
    const world = await entraWorld({ permissions });
    populate(world.emulator);
    const { code, message, check } = await said(world);
    expect(code).toBe('permission');
    expect(message).toContain(`permission ${missing} of Microsoft Graph at https://entra.microsoft.com`);
    expect(check).toEqual([expect.stringContaining(`permission to read ${what}:`)]);
    expect(check[0]).toContain(missing);
  });

  test('without any, both are named', async () => {
    const world = await entraWorld({ permissions: [] });
    const { check } = await said(world);
    expect(check.map((line) => line.split(':')[0])).toEqual(['permission to read users', 'permission to read groups']);
  });

  test('a rule that reads a property which Graph does not have is told by its name', async () => {
    const { connector, emulator, logged } = await entraWorld();
    populate(emulator);
    const want = { users: ['shoeSize'], groups: [] };
    const { code, message } = await failureOf(walk(connector.snapshot(want, never)));
    expect(code).toBe('incomplete');
    expect(message).toContain('Graph knows no property "shoeSize"');
    // The pass does not go on without it, and so nothing says that it does.
    expect(logged).toEqual([]);
  });
});

describe('a certificate', () => {
  const certificate = makeCertificate('rosterd');
  const soon = makeCertificate('soon', { until: Date.now() + 10.5 * 86_400_000 });
  let folder: string;
  let emulator: EntraEmulator;
  const connectors: Connector[] = [];
  const logged: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rosterd-certificate-'));
    const pem = createPrivateKey(certificate.key);
    const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const;
    const files = {
      'cert.pem': certificate.cert,
      'key.pem': certificate.key,
      'both.pem': certificate.key + certificate.cert,
      'encrypted.pem': pem.export(encrypted).toString(),
      'other.pem': soon.key,
      'soon.pem': soon.key + soon.cert,
      'empty.pem': '',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    emulator = await startEntra();
    populate(emulator);
    emulator.app.certificates.push(certificate.x509, soon.x509);
  });
  afterAll(async () => {
    for (const connector of connectors) await connector.close();
    await emulator.close();
    rmSync(folder, { recursive: true });
  });

  const connect = (config: NonNullable<AzureAdConfig['certificate']>): Connector => {
    logged.length = 0;
    const connector = azureAd(configFor(emulator, { certificate: config }), {
      ...{ source: 'corp', folder, clock: systemClock, env: {}, ca: emulator.ca ?? '' },
      log: { debug: () => undefined, warn: (fields, message) => void logged.push(message + JSON.stringify(fields)) },
    });
    connectors.push(connector);
    return connector;
  };

  test.each<[string, NonNullable<AzureAdConfig['certificate']>]>([
    ['with its key in the same file', { path: 'both.pem' }],
    ['with its key in another', { path: 'cert.pem', privateKeyPath: 'key.pem' }],
    ['by its SHA-256', { path: 'both.pem', thumbprint: certificate.thumbprint }],
    ['by its SHA-1, as the portal writes it', { path: 'both.pem', thumbprint: certificate.x509.fingerprint }],
    [
      'with an encrypted key',
      { path: 'cert.pem', privateKeyPath: 'encrypted.pem', passphrase: Secret.of('open sesame') },
    ],
  ])('signs for the application: %s', async (_, config) => {
    const { users } = await walk(connect(config).snapshot(nothing, never));
    expect(users.size).toBe(5);
    expect(logged).toEqual([]);
  });

  test.each<[string, NonNullable<AzureAdConfig['certificate']>, string]>([
    ['no file', { path: 'none.pem' }, 'none.pem, which "certificate" names, cannot be read (ENOENT)'],
    ['an empty file', { path: 'empty.pem' }, 'holds no certificate'],
    ['no key', { path: 'cert.pem' }, 'name that with "privateKeyPath"'],
    ['another key', { path: 'cert.pem', privateKeyPath: 'other.pem' }, 'is not that of the certificate'],
    ['another thumbprint', { path: 'both.pem', thumbprint: 'AB:CD' }, 'holds the certificate with the thumbprint'],
    ['no passphrase', { path: 'cert.pem', privateKeyPath: 'encrypted.pem' }, 'write its passphrase into "passphrase"'],
    [
      'a wrong passphrase',
      { path: 'cert.pem', privateKeyPath: 'encrypted.pem', passphrase: Secret.of('please') },
      '"passphrase" does not open it',
    ],
  ])('is refused with what to do: %s', (_, config, sentence) => {
    let failure: unknown;
    try {
      connect(config);
    } catch (error) {
      failure = error;
    }
    if (!(failure instanceof Failure)) throw new Error('nothing was refused');
    expect(failure).toMatchObject({ code: 'configuration', exit: 2 });
    expect(failure.message).toContain(sentence);
    expect(failure.message).not.toContain('please');
  });

  test('that ends within 30 days is warned of, in a pass once and in a check', async () => {
    const connector = connect({ path: 'soon.pem' });
    await walk(connector.snapshot(nothing, never));
    emulator.revokeTokens();
    await walk(connector.snapshot(nothing, never));
    expect(logged).toEqual([
      expect.stringMatching(/soon\.pem expires on \d{4}-\d\d-\d\d, in 10 days\. Make a new one/),
    ]);
    const found = await connector.check(never);
    expect(found.find(({ what }) => what === 'certificate')).toMatchObject({
      ok: true,
      detail: expect.stringContaining('in 10 days'),
    });
  });

  test('that the application does not know is told (700027)', async () => {
    emulator.app.certificates.length = 0;
    const { message } = await failureOf(walk(connect({ path: 'both.pem' }).snapshot(nothing, never)));
    expect(message).toContain('does not know the certificate');
    emulator.app.certificates.push(certificate.x509, soon.x509);
  });
});
