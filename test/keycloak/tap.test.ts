import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { openTap } from './tap.ts';

test('what happens in the middle of a listing of users reaches the client as a broken answer', async () => {
  const server = createServer((_, response) => {
    response.write('x'.repeat(10_000));
    // The rest never comes: the server is gone by then.
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const tap = await openTap(address.port);
  let cuts = 0;
  tap.onUsers(5_000, () => {
    cuts++;
    server.closeAllConnections();
  });
  const groups = await fetch(`${tap.url}/admin/realms/r/groups/?search=+`, { signal: AbortSignal.timeout(60_000) });
  expect(cuts).toBe(0);
  await groups.body?.cancel();
  const users = await fetch(`${tap.url}/admin/realms/r/users/?first=0`, { headers: { connection: 'close' } });
  await expect(users.text()).rejects.toThrow('terminated');
  expect(cuts).toBe(1);
  expect(tap.asked).toEqual(['/admin/realms/r/groups/?search=+', '/admin/realms/r/users/?first=0']);
  expect(tap.status('/r/groups/')).toBe(200);
  expect(tap.status('/r/users/1')).toBe(0);
  await tap.close();
  server.close();
});
