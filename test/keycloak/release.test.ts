import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unpacked, usualPlace } from './release.ts';

const zip = 'keycloak-quarkus-dist-1.2.3.zip';
const zeros = '0'.repeat(64);
const quiet = () => {};

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'rosterd-release-'));
});
afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

async function mirror(status: number, body: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/maven`, asked, [Symbol.dispose]: () => server.close() };
}

test('a zip that cannot be had: what was tried, what answered and what to do', async () => {
  using at = await mirror(404, 'no');
  const get = unpacked('1.2.3', zeros, '/no/java', quiet, { cache, mirror: at.url });
  await expect(get).rejects.toThrow(
    `Keycloak could not be had from ${at.url}/org/keycloak/keycloak-quarkus-dist/1.2.3/${zip}. fetch: it answered 404 Not Found; curl: `,
  );
  await expect(get).rejects.toThrow('Set KEYCLOAK_MIRROR');
  expect(at.asked[0]).toBe(`/maven/org/keycloak/keycloak-quarkus-dist/1.2.3/${zip}`);
  expect(readdirSync(cache)).toEqual([]);
});

test('a zip of another checksum is never unpacked, one put there by hand neither', async () => {
  using at = await mirror(200, 'not the zip');
  const place = { cache, mirror: at.url };
  await expect(unpacked('1.2.3', zeros, '/no/java', quiet, place)).rejects.toThrow(`not ${zeros}`);
  writeFileSync(join(cache, zip), 'by hand');
  await expect(unpacked('1.2.3', zeros, '/no/java', quiet, place)).rejects.toThrow('Delete it.');
  expect(at.asked).toHaveLength(1);
  expect(existsSync(join(cache, 'keycloak-1.2.3'))).toBe(false);
});

test.each([
  [{ HOME: '/h', XDG_CACHE_HOME: '/c', KEYCLOAK_MIRROR: 'https://mirror.example/maven/' }, '/c/rosterd-tests'],
  [{ KEYCLOAK_MIRROR: 'https://mirror.example/maven', XDG_CACHE_HOME: '' }, /\/\.cache\/rosterd-tests$/],
])('where things are: %o', (env, folder) => {
  const place = usualPlace(env);
  expect(place.cache).toMatch(folder);
  expect(place.mirror).toBe('https://mirror.example/maven');
});
