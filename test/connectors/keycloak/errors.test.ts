import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../connectors/connector.ts';
import { Secret } from '../../../src/model/secret.ts';
import { html, status } from '../../emulators/faults.ts';
import { failureOf, never } from '../http/open.ts';
import { walk } from '../walk.ts';
import { type KeycloakWorld, keycloakWorld, populate } from './world.ts';

const nothing = { users: [], groups: [] };
const always = { times: Number.POSITIVE_INFINITY };

/** What a pass fails with, and what a check says of the same; the port of the server written as PORT. */
async function said({ connector, emulator }: KeycloakWorld): Promise<{ pass: string; check: string[] }> {
  const port = new URL(emulator.url).port;
  const clean = (text: string) => text.replaceAll(port, 'PORT');
  const { message, code } = await failureOf(walk(connector.snapshot(nothing, never)));
  const findings = await connector.check(never);
  const line = ({ what, ok, detail }: Finding) => clean(`${ok ? 'ok ' : 'NOT OK '}${what}: ${detail}`);
  return { pass: clean(`${code}: ${message}`), check: findings.map(line) };
}

const REACHED = 'ok reachable: Keycloak answers at http://127.0.0.1:PORT.';
const ACCEPTED = 'ok credentials: Client "rosterd" of realm "company" is accepted.';

describe('signing in', () => {
  test.each<[string, Parameters<typeof keycloakWorld>[0], (world: KeycloakWorld) => void, string, string]>([
    [
      'unknown client',
      { config: { clientId: 'roster' } },
      () => undefined,
      'authentication',
      'Keycloak knows no enabled client "roster" in realm "company". Check "clientId" and "authRealm", and that the client is enabled.',
    ],
    [
      'disabled client',
      {},
      ({ emulator }) => {
        emulator.client.enabled = false;
      },
      'authentication',
      'Keycloak knows no enabled client "rosterd" in realm "company". Check "clientId" and "authRealm", and that the client is enabled.',
    ],
    [
      'wrong secret',
      { config: { clientSecret: Secret.of('stale') } },
      () => undefined,
      'authentication',
      'Keycloak does not accept the secret of client "rosterd" in realm "company". Copy it anew from the client\'s Credentials tab into "clientSecret".',
    ],
    [
      'service accounts off',
      {},
      ({ emulator }) => {
        emulator.client.serviceAccounts = false;
      },
      'authentication',
      'the client "rosterd" in realm "company" has no service account. Turn on "Service accounts roles" among its capabilities.',
    ],
    [
      'public client',
      {},
      ({ emulator }) => {
        emulator.client.public = true;
      },
      'authentication',
      'the client "rosterd" in realm "company" is public. Turn on "Client authentication" and "Service accounts roles" among its capabilities.',
    ],
    [
      'no such realm',
      { config: { realm: 'Company' } },
      () => undefined,
      'authentication',
      'Keycloak has no realm "Company" to sign in to. Check "realm"; capitals matter.',
    ],
    [
      'no such authRealm',
      { config: { authRealm: 'main' } },
      () => undefined,
      'authentication',
      'Keycloak has no realm "main" to sign in to. Check "authRealm"; capitals matter.',
    ],
    [
      'no Keycloak at all',
      {},
      ({ emulator }) => void emulator.faults.when({ path: '/token', ...always }, html(404, 'nginx')),
      'incomplete',
      'what answers at http://127.0.0.1:PORT is not Keycloak: it has no token endpoint for realm "company". Check "url", and proxies between.',
    ],
    [
      'an endpoint of something else',
      {},
      ({ emulator }) =>
        void emulator.faults.when(
          { path: '/token', ...always },
          status(400, { body: { error: 'unsupported_grant_type' } }),
        ),
      'authentication',
      'the server at http://127.0.0.1:PORT does not give tokens for client credentials. Check that "url" is Keycloak\'s own address.',
    ],
    [
      'a login page',
      {},
      ({ emulator }) => void emulator.faults.when({ path: '/token', ...always }, html(200)),
      'incomplete',
      'Keycloak at 127.0.0.1:PORT answered the request for an access token with a web page where an object was expected: <!doctype html><title>Sign in</title><h1>Sign in</h1>. Nothing was taken from it. Check the address in the configuration, and proxies and login pages between.',
    ],
  ])('%s', async (_, options, prepare, code, sentence) => {
    const world = await keycloakWorld(options);
    prepare(world);
    const { pass, check } = await said(world);
    expect(pass).toBe(`${code}: Source "partners": ${sentence}`);
    expect(check).toEqual([REACHED, `NOT OK credentials: ${sentence[0]?.toUpperCase()}${sentence.slice(1)}`]);
    expect(`${pass}${check}`).not.toContain('emulated-secret');
  });

  test('a path that the server has not', async () => {
    const { emulator } = await keycloakWorld({ basePath: '/auth' });
    const { connector } = await keycloakWorld({ config: { url: emulator.origin } });
    expect((await failureOf(walk(connector.snapshot(nothing, never)))).message).toBe(
      `Source "partners": there is a Keycloak at ${emulator.origin}, but not under that path. Servers before version 17, and those with http-relative-path, need it in "url", as https://id.example.com/auth; others must not have it.`,
    );
  });

  test('nobody there', async () => {
    const world = await keycloakWorld();
    await world.emulator.close();
    const { pass, check } = await said(world);
    const sentence =
      'othing accepts connections at 127.0.0.1:PORT (ECONNREFUSED). Check that Keycloak is up and that "url" has its port.';
    expect(pass).toBe(`unreachable: Source "partners": n${sentence} It was tried 8 times.`);
    expect(check).toEqual([`NOT OK reachable: N${sentence} It was tried 3 times.`]);
  });

  test('a server that fails', async () => {
    const world = await keycloakWorld();
    world.emulator.faults.when({ path: '/token', ...always }, status(503, { body: { error: 'starting' } }));
    const { pass, check } = await said(world);
    const sentence =
      'Keycloak at 127.0.0.1:PORT answered 503 when asked for an access token: {"error":"starting"}. Look at Keycloak\'s log.';
    expect(pass).toBe(`unreachable: Source "partners": ${sentence} It was tried 8 times.`);
    expect(check).toEqual([`NOT OK reachable: ${sentence} It was tried 3 times.`]);
  });
});

describe('permissions', () => {
  const CLIENT =
    'may not read users and groups of realm "company". Give its service account the role view-users of client';

  test('none', async () => {
    const { pass, check } = await said(await keycloakWorld({ roles: [] }));
    expect(pass).toBe(`permission: Source "partners": client "rosterd" ${CLIENT} realm-management.`);
    expect(check).toEqual([
      REACHED,
      ACCEPTED,
      `NOT OK permission to read users: Client "rosterd" ${CLIENT} realm-management.`,
      `NOT OK permission to read groups: Client "rosterd" ${CLIENT} realm-management.`,
    ]);
  });

  test('of a client of master', async () => {
    const { pass } = await said(await keycloakWorld({ roles: [], authRealm: 'master' }));
    expect(pass).toBe(`permission: Source "partners": client "rosterd" ${CLIENT} company-realm (in realm "master").`);
  });

  test('of a client of a third realm', async () => {
    const { pass } = await said(await keycloakWorld({ authRealm: 'other' }));
    expect(pass).toBe(
      'permission: Source "partners": client "rosterd" of realm "other" may not read realm "company": only clients of that realm itself and of "master" can. Check "authRealm".',
    );
  });

  test('to query only: lists are empty, which is no proof', async () => {
    const world = await keycloakWorld({ roles: ['query-users', 'query-groups'] });
    populate(world.emulator);
    const { pass, check } = await said(world);
    expect(pass).toBe(`permission: Source "partners": client "rosterd" ${CLIENT} realm-management.`);
    expect(check).toEqual([
      REACHED,
      ACCEPTED,
      `NOT OK permission to read users: Client "rosterd" ${CLIENT} realm-management.`,
      'NOT OK permission to read groups: Keycloak counts 5 groups in realm "company" and shows none of them. Give the client the role view-users; query-groups alone hides them.',
    ]);
  });

  test('the realm that is read does not exist', async () => {
    const world = await keycloakWorld({ authRealm: 'master', config: { realm: 'Company' } });
    const { pass, check } = await said(world);
    expect(pass).toBe(
      'incomplete: Source "partners": Keycloak has no realm "Company". Check "realm"; capitals matter.',
    );
    expect(check).toEqual([
      REACHED,
      'ok credentials: Client "rosterd" of realm "master" is accepted.',
      'NOT OK permission to read users: Keycloak has no realm "Company". Check "realm"; capitals matter.',
      'NOT OK permission to read groups: Keycloak has no realm "Company". Check "realm"; capitals matter.',
    ]);
  });

  test('a token that is given and then refused', async () => {
    const world = await keycloakWorld();
    world.emulator.faults.when(
      { path: '/admin/', ...always },
      status(401, { body: { error: 'HTTP 401 Unauthorized' } }),
    );
    const { pass } = await said(world);
    expect(pass).toBe(
      'authentication: Source "partners": Keycloak gave an access token and then refused it, a fresh one too. Check that "url" is the address under which Keycloak knows itself (its hostname setting), that "authRealm" is right, and the clocks of its nodes.',
    );
  });
});

describe('the check of what is right', () => {
  const seen = async (world: KeycloakWorld) => (await world.connector.check(never)).map(({ detail }) => detail);

  test('says what it saw', async () => {
    const world = await keycloakWorld();
    populate(world.emulator);
    expect(await world.connector.check(never)).toMatchObject([
      { what: 'reachable', ok: true },
      { what: 'credentials', ok: true, detail: 'Client "rosterd" of realm "company" is accepted.' },
      {
        what: 'permission to read users',
        ok: true,
        detail: 'Every user of realm "company" may be read; there are 4.',
      },
      {
        what: 'permission to read groups',
        ok: true,
        detail: 'The groups of realm "company" and their members may be read; there are 5.',
      },
      { what: 'attributes', ok: true, detail: 'The user profile of realm "company" shows every standard attribute.' },
    ]);
    expect(world.connector.requests()).toBe(9);
  });

  test('holds for an empty realm', async () => {
    expect((await seen(await keycloakWorld())).slice(2, 4)).toEqual([
      'Every user of realm "company" may be read; there are 0.',
      'The groups of realm "company" and their members may be read; there are 0.',
    ]);
  });

  test('names the attributes that the user profile hides', async () => {
    const world = await keycloakWorld();
    world.emulator.realm.profile = { declared: ['title', 'locale'], unmanaged: null };
    expect((await seen(world)).at(-1)).toBe(
      'The user profile of realm "company" does not show department, organization, employeeNumber, userType, manager, phoneNumber: they are read as empty. To read one, declare it there and let administrators view it, or turn on unmanaged attributes.',
    );
  });

  test('where a proxy keeps the proof back, users that are seen must do', async () => {
    const world = await keycloakWorld();
    populate(world.emulator);
    world.emulator.faults.when({ path: '/attack-detection/', ...always }, html(403));
    expect((await seen(world))[2]).toBe('Users of realm "company" may be read; Keycloak counts 4.');
    const empty = await keycloakWorld();
    empty.emulator.faults.when({ path: '/attack-detection/', ...always }, html(403));
    expect((await empty.connector.check(never))[2]).toEqual({
      what: 'permission to read users',
      ok: false,
      detail: 'Keycloak lists no user of realm "company" and counts 0. Give the client the role view-users.',
    });
  });
});
