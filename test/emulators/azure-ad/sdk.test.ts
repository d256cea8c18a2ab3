import { ConfidentialClientApplication, type NodeAuthOptions } from '@azure/msal-node';
import { Client, PageIterator } from '@microsoft/microsoft-graph-client';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { company } from '../company.ts';
import { makeCertificate } from './certificate.ts';
import { type EntraEmulator, startEntra } from './entra.ts';
import { loadOrganisation } from './load.ts';

/** Both of the vendor's libraries use the global fetch, which is made to trust the emulator's certificate. */
const usual = getGlobalDispatcher();
const certificate = makeCertificate('rosterd');
let entra: EntraEmulator;

beforeAll(async () => {
  entra = await startEntra();
  loadOrganisation(entra.tenant, company);
  entra.app.certificates.push(certificate.x509);
  setGlobalDispatcher(new Agent({ connect: { ca: entra.ca ?? '' } }));
});
afterAll(async () => {
  setGlobalDispatcher(usual);
  await entra.close();
});

/** As the library does for Microsoft's own hosts, it is told the endpoints, and asks for no discovery document. */
function tokenBy(credential: Partial<NodeAuthOptions>, tenant = entra.tenantId) {
  const authority = `${entra.loginUrl}/${tenant}`;
  const knownAuthorities = [new URL(authority).host];
  const authorityMetadata = JSON.stringify({
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    issuer: `${authority}/v2.0`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
  });
  const auth = { clientId: entra.app.appId, authority, knownAuthorities, authorityMetadata, ...credential };
  const scopes = ['https://graph.microsoft.com/.default'];
  return new ConfidentialClientApplication({ auth }).acquireTokenByClientCredential({ scopes });
}

const byCertificate = () => ({
  clientCertificate: { thumbprintSha256: certificate.thumbprint, privateKey: certificate.key },
});

describe('the vendor’s own login library', () => {
  test.each([
    ['a secret', () => ({ clientSecret: 'emulated-secret' })],
    ['a certificate', byCertificate],
    ['endpoints that it looks up', () => ({ clientSecret: 'emulated-secret', authorityMetadata: '' })],
  ])('gets a token with %s', async (_, credential) => {
    const result = await tokenBy(credential());
    expect(result?.accessToken.split('.')).toHaveLength(3);
  });

  test('reads the code of what is refused', async () => {
    await expect(tokenBy({ clientSecret: 'wrong' })).rejects.toThrow('AADSTS7000215');
    await expect(tokenBy({ clientSecret: 'wrong' }, crypto.randomUUID())).rejects.toThrow('AADSTS90002');
  });
});

test('the vendor’s own client walks pages, sends batches and reads errors', async () => {
  const token = (await tokenBy(byCertificate()))?.accessToken ?? '';
  const client = Client.init({
    baseUrl: entra.graphUrl,
    customHosts: new Set([new URL(entra.graphUrl).hostname]),
    authProvider: (done) => done(null, token),
  });
  const names: string[] = [];
  const first = await client.api('/users').select(['id', 'displayName']).top(25).get();
  const pages = new PageIterator(client, first, (row: { displayName: string }) => names.push(row.displayName) > 0);
  await pages.iterate();
  expect(names).toHaveLength(60);
  expect(pages.isComplete()).toBe(true);

  const requests = [{ id: '1', method: 'GET', url: '/groups?$select=id&$top=999' }];
  const { responses } = await client.api('/$batch').post({ requests });
  expect(responses[0].body.value).toHaveLength(entra.tenant.groups().length);

  const refused = client.api('/users').top(1000).get();
  await expect(refused).rejects.toMatchObject({ statusCode: 400, code: 'Request_UnsupportedQuery' });
});
