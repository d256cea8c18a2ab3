import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Http } from '../../../connectors/http/http.ts';
import { trouble } from '../../../connectors/http/network.ts';
import { openTransport } from '../../../connectors/http/transport.ts';
import { json } from '../../emulators/reply.ts';
import { answering, failureOf, never, open } from './open.ts';
import { startProxy } from './proxy.ts';

const pem = (name: string) => readFileSync(join(import.meta.dirname, 'certificates', `${name}.pem`), 'utf8');
const ca = pem('ca');
const tls = (cert: string) => ({ key: pem('server.key'), cert: pem(cert) });
const ok = json(200, [1]);
const get = async (http: Http, url: string): Promise<unknown> =>
  (await http.fetch(url, { what: 'the users', signal: never })).json();

/** What a request fails with, the free port of the server written as PORT. */
async function said(url: string, options: Parameters<typeof open>[1] = {}): Promise<string> {
  const { http } = open(url, { attempts: 2, ...options });
  const { message, code } = await failureOf(get(http, url));
  return `${code}, ${http.requests()} tries: ${message.replaceAll(new URL(url).port, 'PORT')}`;
}

/** A port that was free a moment ago. */
async function deaf(): Promise<string> {
  const server = await answering([ok]);
  await server.close();
  return server.origin;
}

describe('TLS', () => {
  test('the authority in caFile is trusted, beside those that Node knows', async () => {
    const server = await answering([ok], tls('server'));
    expect(await get(open(server.origin, { ca }).http, server.origin)).toEqual([1]);
    expect(await get(open(server.origin, { ca: `${pem('other-name')}\n${ca}` }).http, server.origin)).toEqual([1]);
  });

  test('a certificate that nobody here knows', async () => {
    const server = await answering([ok], tls('server'));
    expect(await said(server.origin)).toBe(
      'unreachable, 1 tries: Source "corp": the TLS certificate of 127.0.0.1:PORT is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE). Put the certificate of the authority that issued it (PEM) into a file, and name that file with "caFile".',
    );
  });

  test('one that has expired', async () => {
    const server = await answering([ok], tls('expired'));
    expect(await said(server.origin, { ca })).toBe(
      'unreachable, 1 tries: Source "corp": the TLS certificate of 127.0.0.1:PORT has expired (CERT_HAS_EXPIRED). Renew it there, and check this machine\'s clock; rosterd connects to no server with an expired certificate.',
    );
  });

  test('one for another name', async () => {
    const server = await answering([ok], tls('other-name'));
    expect(await said(server.origin, { ca })).toBe(
      'unreachable, 1 tries: Source "corp": the TLS certificate of 127.0.0.1:PORT is for another name (ERR_TLS_CERT_ALTNAME_INVALID). Write into "url" a name that the certificate bears.',
    );
  });

  test('a server that speaks plain http', async () => {
    const server = await answering([ok]);
    expect(await said(server.origin.replace('http:', 'https:'))).toBe(
      'unreachable, 1 tries: Source "corp": 127.0.0.1:PORT does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER). Check the port in "url".',
    );
  });

  test('a caFile that holds no certificate', () => {
    expect(() => open('https://id.example.com', { ca: 'no certificate' })).toThrow(
      /^Source "corp": the file that "caFile" names holds no usable certificate\./,
    );
  });
});

describe('connections', () => {
  test('nobody listens', async () => {
    expect(await said(await deaf())).toBe(
      'unreachable, 2 tries: Source "corp": nothing accepts connections at 127.0.0.1:PORT (ECONNREFUSED). Check that Exemplar is up and that "url" has its port. It was tried 2 times.',
    );
  });

  test('reset', async () => {
    const server = await answering([{ ...ok, delivery: { how: 'reset' } }]);
    expect(await said(server.origin)).toMatch(
      /^unreachable, 2 tries: Source "corp": the connection to 127\.0\.0\.1:PORT broke while fetching the users \((ECONNRESET|UND_ERR_SOCKET)\)\. If this stays, look at its log, and at proxies between\. It was tried 2 times\.$/,
    );
  });

  test('something that speaks another protocol', async () => {
    const server = createServer((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      expect(await said(`http://127.0.0.1:${port}`)).toBe(
        'unreachable, 2 tries: Source "corp": what 127.0.0.1:PORT sent for the users is not HTTP, or was cut short (HPE_INVALID). If this stays, look at its log, and at proxies between. It was tried 2 times.',
      );
    } finally {
      server.close();
    }
  });

  test('a port that HTTP clients leave alone', async () => {
    expect(await said('http://127.0.0.1:6000')).toBe(
      'unreachable, 1 tries: Source "corp": port PORT is one that no HTTP client may use, by the Fetch standard. Let Exemplar answer at another one, and write that into "url".',
    );
  });

  test.each([
    ['ENOTFOUND', 'the name id.example.com could not be resolved (ENOTFOUND). Check "url" and this machine\'s DNS.'],
    ['EAI_AGAIN', 'the name id.example.com could not be resolved (EAI_AGAIN). Check "url" and this machine\'s DNS.'],
    [
      'UND_ERR_CONNECT_TIMEOUT',
      'id.example.com cannot be reached (UND_ERR_CONNECT_TIMEOUT). Check routes and firewalls, and whether this machine needs HTTPS_PROXY.',
    ],
    [
      'CERT_NOT_YET_VALID',
      "the TLS certificate of id.example.com is not valid yet (CERT_NOT_YET_VALID). Check this machine's clock.",
    ],
  ])('%s', (code, sentence) => {
    const url = new URL('https://id.example.com');
    const route = openTransport('corp', {}).route(url);
    const cause = Object.assign(new Error('x'), { code });
    const error = new TypeError('fetch failed', { cause: new AggregateError([cause]) });
    expect(trouble(error, { url, route, product: 'Exemplar', setting: 'url', what: 'the users' })).toMatchObject({
      code: 'unreachable',
      sentence,
    });
  });

  test('a fault of the program is none of the network', () => {
    const url = new URL('https://id.example.com');
    const target = { url, route: openTransport('corp', {}).route(url), product: 'Exemplar', setting: 'url', what: 'x' };
    expect(trouble(new TypeError('x is not a function'), target)).toBeNull();
    expect(trouble('a text', target)).toBeNull();
  });
});

describe('proxies', () => {
  test('every request goes through, token requests too', async () => {
    const server = await answering([json(200, 'token'), ok], tls('server'));
    const proxy = await startProxy();
    const { http } = open(server.origin, {
      ca,
      env: { HTTPS_PROXY: proxy.origin.replace('http://', 'http://rosterd:p%40ss@') },
      token: async (attempt) => {
        const { ask } = await import('../../../connectors/http/fetch.ts');
        return { value: String(await ask(attempt, new URL('/token', server.origin), {})), expiresIn: 60 };
      },
    });
    expect(await get(http, `${server.origin}/users`)).toEqual([1]);
    expect(server.requests.map(({ path }) => path)).toEqual(['/token', '/users']);
    const [tunnel] = proxy.tunnels;
    expect(tunnel).toEqual({
      to: new URL(server.origin).host,
      authorization: `Basic ${Buffer.from('rosterd:p@ss').toString('base64')}`,
    });
  });

  test.each([
    [407, 'It wants a user name and a password: write them into HTTPS_PROXY, as http://user:password@127.0.0.1:PROXY.'],
    [403, 'Allow 127.0.0.1:PORT there, or name 127.0.0.1 in NO_PROXY.'],
  ])('one that refuses with %i', async (status, todo) => {
    const proxy = await startProxy(status);
    const { port } = new URL(proxy.origin);
    const message = await said('https://127.0.0.1:1443', { env: { HTTPS_PROXY: proxy.origin } });
    expect(message.replaceAll(port, 'PROXY').replaceAll('1443', 'PORT')).toBe(
      `unreachable, 1 tries: Source "corp": the proxy http://127.0.0.1:PROXY (HTTPS_PROXY) refused the way to 127.0.0.1:PORT with status ${status}. ${todo}`,
    );
    expect(proxy.tunnels).toHaveLength(1);
  });

  test('one that is not there', async () => {
    const proxy = await deaf();
    const message = await said('https://127.0.0.1:1443', { env: { https_proxy: proxy.replace('//', '//u:secret@') } });
    expect(message.replaceAll(new URL(proxy).port, 'PROXY')).toBe(
      'unreachable, 2 tries: Source "corp": the proxy http://127.0.0.1:PROXY accepts no connections (ECONNREFUSED). Check HTTPS_PROXY, or name 127.0.0.1 in NO_PROXY. It was tried 2 times.',
    );
  });

  test.each([
    ['https://id.example.com', { HTTPS_PROXY: 'http://p:3128' }, 'http://p:3128'],
    ['https://id.example.com', { https_proxy: 'http://p:3128', HTTPS_PROXY: 'http://q:1' }, 'http://p:3128'],
    ['https://id.example.com', { HTTPS_PROXY: 'p:3128' }, 'http://p:3128'],
    ['https://id.example.com', { HTTPS_PROXY: 'https://user:pw@p' }, 'https://p'],
    ['https://id.example.com', { HTTP_PROXY: 'http://p:3128' }, null],
    ['https://id.example.com', { HTTPS_PROXY: '' }, null],
    ['http://localhost:8080', { HTTP_PROXY: 'http://p:3128' }, 'http://p:3128'],
    ['http://localhost:8080', { HTTPS_PROXY: 'http://p:3128' }, null],
    ['https://id.example.com', { HTTPS_PROXY: 'p', NO_PROXY: 'id.example.com' }, null],
    ['https://id.example.com', { HTTPS_PROXY: 'p', NO_PROXY: 'other, .Example.com' }, null],
    ['https://id.example.com', { HTTPS_PROXY: 'p', no_proxy: '*.example.com', NO_PROXY: 'other' }, null],
    ['https://id.example.com', { HTTPS_PROXY: 'p', NO_PROXY: 'example.com' }, null],
    ['https://id.example.com', { HTTPS_PROXY: 'p', NO_PROXY: '*' }, null],
    ['https://id.example.com', { HTTPS_PROXY: 'p', NO_PROXY: 'id.example.com:443' }, null],
    ['https://id.example.com', { HTTPS_PROXY: 'p', NO_PROXY: 'id.example.com:8443' }, 'http://p'],
    ['https://id.example.com', { HTTPS_PROXY: 'p', NO_PROXY: 'xample.com,id.example.co' }, 'http://p'],
    ['https://[::1]:8443', { HTTPS_PROXY: 'p', NO_PROXY: '::1' }, null],
    ['https://[::1]:8443', { HTTPS_PROXY: 'p', NO_PROXY: '[::1]:8443' }, null],
  ])('%s with %j goes by way of %s', async (url, env, expected) => {
    const transport = openTransport('corp', env as Record<string, string>);
    expect(transport.route(new URL(url)).proxy?.name ?? null).toBe(expected);
    await transport.close();
  });

  test.each(['http://', 'socks5://p:1080', 'ht tp://user:secret@p'])('%s is no proxy', (HTTPS_PROXY) => {
    const transport = openTransport('corp', { HTTPS_PROXY });
    expect(() => transport.route(new URL('https://id.example.com'))).toThrow(
      'Source "corp": the environment variable HTTPS_PROXY is no address of a proxy. Write it as http://proxy.example.com:3128.',
    );
  });
});
