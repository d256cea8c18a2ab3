import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Certificate, makeCertificate } from './certificate.ts';
import { type EntraEmulator, startEntra } from './entra.ts';
import { ask, failure, rowOf, secretForm, tokenAnswer, tokenOf } from './walk.ts';

const certificate = makeCertificate('rosterd');
const FORM = 'application/x-www-form-urlencoded';
const formOf = (form: Record<string, string>): string => new URLSearchParams(form).toString();
const HOUR_MS = 3_600_000;

interface Claims {
  aud?: string;
  iss?: string;
  exp?: number;
}

/** A client assertion as RFC 7523 has it. */
function assertion(entra: EntraEmulator, by: Certificate, claims: Claims = {}, header: object = {}): string {
  const { appId } = entra.app;
  const now = Math.floor(Date.now() / 1000);
  const aud = `${entra.loginUrl}/${entra.tenantId}/oauth2/v2.0/token`;
  const thumbprint = Buffer.from(by.thumbprint, 'hex').toString('base64url');
  const parts = [
    { alg: 'RS256', typ: 'JWT', 'x5t#S256': thumbprint, ...header },
    { aud, iss: appId, sub: appId, jti: randomUUID(), nbf: now, exp: now + 600, ...claims },
  ];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), createPrivateKey(by.key)).toString('base64url')}`;
}

function assertionForm(entra: EntraEmulator, client_assertion: string): Record<string, string> {
  const { client_secret: _, ...form } = secretForm(entra.app);
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { ...form, client_assertion, client_assertion_type };
}

describe('the token endpoint', () => {
  test('gives a token with the permissions of the moment', async () => {
    await using entra = await startEntra({ https: false, permissions: ['User.Read.All'] });
    const { status, body, headers } = await tokenAnswer(entra, secretForm(entra.app));
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toContain('no-store');
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 });
    const token = String(rowOf(body).access_token);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ aud: 'https://graph.microsoft.com', tid: entra.tenantId, roles: ['User.Read.All'] });
    entra.app.permissions.clear();
    expect((await ask(entra, token, '/users')).status).toBe(200);
    expect(failure(await ask(entra, await tokenOf(entra), '/users'))).toBe('403 Authorization_RequestDenied');
  });

  test.each<[string, (form: Record<string, string>, entra: EntraEmulator) => Record<string, string>, string]>([
    ['no grant type', ({ grant_type: _, ...form }) => form, '400 invalid_request 900144'],
    ['no scope', ({ scope: _, ...form }) => form, '400 invalid_request 900144'],
    ['no credential', ({ client_secret: _, ...form }) => form, '401 invalid_client 7000218'],
    ['a password grant', (form) => ({ ...form, grant_type: 'password' }), '400 unsupported_grant_type 70003'],
    ['a wrong secret', (form) => ({ ...form, client_secret: 'x' }), '401 invalid_client 7000215'],
    ['an unknown application', (form) => ({ ...form, client_id: randomUUID() }), '400 unauthorized_client 700016'],
    ['a scope of one permission', (form) => ({ ...form, scope: 'User.Read.All' }), '400 invalid_scope 1002012'],
    [
      'an unknown resource',
      (form) => ({ ...form, scope: 'https://x.example/.default' }),
      '400 invalid_resource 500011',
    ],
    [
      'an expired secret',
      (form, { app }) => {
        for (const secret of app.secrets) secret.expires = Date.now() - 1;
        return form;
      },
      '401 invalid_client 7000222',
    ],
    [
      'an application that is blocked',
      (form, { app }) => {
        app.blocked = true;
        return form;
      },
      '400 invalid_grant 53003',
    ],
  ])('refuses %s', async (_, change, wanted) => {
    await using entra = await startEntra({ https: false });
    const answer = await tokenAnswer(entra, change(secretForm(entra.app), entra));
    expect(failure(answer)).toBe(wanted);
    const { error_description, error_codes } = rowOf(answer.body);
    expect(error_description).toMatch(new RegExp(`^AADSTS${error_codes}: .+ Trace ID: .+ Timestamp: .+Z$`));
    expect(error_description).not.toContain('emulated-secret');
  });

  test.each<[string, string, (form: Record<string, string>) => string, string]>([
    ['JSON', 'application/json', (form) => JSON.stringify(form), '400 invalid_request 900144'],
    ['a form that is called a text', 'text/plain', formOf, '400 invalid_request 900144'],
    ['a scope given twice', FORM, (form) => `${formOf(form)}&scope=x`, '400 invalid_request 900144'],
    ['a client given twice', FORM, (form) => `${formOf(form)}&client_id=x`, '400 invalid_request 900144'],
  ])('refuses %s', async (_, type, written, wanted) => {
    await using entra = await startEntra({ https: false });
    const response = await fetch(`${entra.loginUrl}/${entra.tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: written(secretForm(entra.app)),
    });
    expect(failure({ ...response, status: response.status, body: await response.json() })).toBe(wanted);
  });

  test('refuses another tenant, and knows its own by its domain too', async () => {
    await using entra = await startEntra({ https: false });
    const form = secretForm(entra.app);
    expect(failure(await tokenAnswer(entra, form, randomUUID()))).toBe('400 invalid_request 90002');
    expect((await tokenAnswer(entra, form, 'contoso.example')).status).toBe(200);
  });
});

describe('a client assertion', () => {
  test.each([
    ['RS256 with x5t#S256', {}, 200],
    ['a certificate that is not registered', { by: makeCertificate('other') }, '401 invalid_client 700027'],
    ['another application', { claims: { iss: randomUUID() } }, '401 invalid_client 700021'],
    ['another audience', { claims: { aud: 'https://x.example' } }, '401 invalid_client 700023'],
    ['one that is over', { claims: { exp: 1_700_000_000 } }, '401 invalid_client 700024'],
    ['none at all as algorithm', { header: { alg: 'none' } }, '400 invalid_request 50027'],
    ['a changed text', { spoil: true }, '401 invalid_client 700027'],
  ])('%s: %j', async (_, { by = certificate, claims, header, spoil }: Case, wanted) => {
    await using entra = await startEntra({ https: false });
    entra.app.certificates.push(certificate.x509);
    const made = assertion(entra, by, claims, header);
    const [head = '', body = '', signature = ''] = made.split('.');
    const other = Buffer.from(body, 'base64url').toString().replace('"nbf":1', '"nbf":2');
    const sent = spoil ? [head, Buffer.from(other).toString('base64url'), signature].join('.') : made;
    const answer = await tokenAnswer(entra, assertionForm(entra, sent));
    expect(wanted === 200 ? answer.status : failure(answer)).toBe(wanted);
  });

  test('of a certificate that is over is refused', async () => {
    await using entra = await startEntra({ https: false });
    const old = makeCertificate('rosterd', { from: Date.now() - 48 * HOUR_MS, until: Date.now() - HOUR_MS });
    entra.app.certificates.push(old.x509);
    const answer = await tokenAnswer(entra, assertionForm(entra, assertion(entra, old)));
    expect(failure(answer)).toBe('401 invalid_client 700027');
  });
});

interface Case {
  by?: Certificate;
  claims?: Claims;
  header?: object;
  spoil?: boolean;
}

describe('Graph refuses a token', () => {
  test('of another resource, one that is over, and one that was revoked', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: async () => {} };
    await using entra = await startEntra({ https: false, clock, tokenLifespan: 60 });
    const form = { ...secretForm(entra.app), scope: 'https://management.azure.com/.default' };
    const foreign = String(rowOf((await tokenAnswer(entra, form)).body).access_token);
    const answer = await ask(entra, foreign, '/users');
    expect(failure(answer)).toBe('401 InvalidAuthenticationToken');
    expect(JSON.stringify(answer.body)).toContain('Invalid audience');
    const token = await tokenOf(entra);
    expect((await ask(entra, token, '/users')).status).toBe(200);
    now += 60_000;
    expect(failure(await ask(entra, token, '/users'))).toBe('401 InvalidAuthenticationToken');
    const another = await tokenOf(entra);
    entra.revokeTokens();
    expect(failure(await ask(entra, another, '/users'))).toBe('401 InvalidAuthenticationToken');
  });
});

test('OpenID discovery names the token endpoint, as MSAL asks for it', async () => {
  await using entra = await startEntra({ https: false });
  const at = `${entra.loginUrl}/${entra.tenantId}`;
  const { body } = await ask(entra, null, `${at}/v2.0/.well-known/openid-configuration`);
  expect(body).toMatchObject({ token_endpoint: `${at}/oauth2/v2.0/token`, issuer: `${at}/v2.0` });
  const authorize = encodeURIComponent(`${at}/oauth2/v2.0/authorize`);
  const instance = `${entra.loginUrl}/common/discovery/instance?api-version=1.1&authorization_endpoint=${authorize}`;
  const { status, body: metadata } = await ask(entra, null, instance);
  expect(status).toBe(200);
  expect(rowOf(metadata).tenant_discovery_endpoint).toBe(`${at}/v2.0/.well-known/openid-configuration`);
});
