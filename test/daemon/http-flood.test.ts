import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { happening } from '../cli/once-kit.ts';
import { Process } from '../directory/processes.ts';
import { Daemon, SELDOM, world } from './kit.ts';

const ROSTERD = fileURLToPath(new URL('../../bin/rosterd.js', import.meta.url));

/** So many connections that ask nothing, and how many of them the other end has closed. */
async function idle(port: number, count: number) {
  const sockets: Socket[] = [];
  let closed = 0;
  for (let one = 0; one < count; one++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => closed++);
    // Whoever does not read never sees that the other end has gone.
    socket.resume();
    sockets.push(socket);
    // A flood that comes faster than it can be taken in is for the system's queue.
    if (one % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    closed: () => closed,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function until(holds: () => boolean, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !holds() && Date.now() < end; ) await new Promise((r) => setTimeout(r, 50));
}

describe('a daemon that many connect to', { timeout: 60_000 }, () => {
  test('four hundred idle connections, 256 handles: health, /livez and a pass get through', async () => {
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false`);
    await using _ = site;
    const config = join(site.folder, 'config.yaml');
    const few = ['bash', '-c', 'ulimit -n 256; exec "$@"', 'bash'];
    await using daemon = new Process([...few, process.execPath, ROSTERD, '--config', config]);
    await until(() => daemon.err().includes(' runs"'));
    using flood = await idle(port, 400);
    await until(() => flood.closed() >= 400 - 64);
    expect(await site.run('health')).toMatchObject({ exit: 0, out: 'The daemon is well.\n' });
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    expect(await site.run('sync', 'staff')).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^staff: 2 accounts/),
    });
    expect(flood.closed()).toBeGreaterThanOrEqual(400 - 64);
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
  });

  test('who connects and asks nothing, or half a question, is sent away', async () => {
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false`);
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^rosterd .* runs$/);
    using silent = await idle(port, 3);
    const half = connect(port, '127.0.0.1', () => half.write('GET /livez HTTP/1.1\r\nHost: x\r\n'));
    half.on('error', () => {}).resume();
    await until(() => silent.closed() === 3 && half.destroyed, 20_000);
    expect({ silent: silent.closed(), half: half.destroyed }).toEqual({ silent: 3, half: true });
  });

  test('whoever waits for a pass keeps the connection, and no more than half of all wait', async () => {
    const { site, port } = await world(SELDOM);
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    const held = happening();
    site.realm('staff').faults.when({ path: '/users', times: 1 }, async (_, answer) => {
      await held.happened;
      return answer();
    });
    const post = () =>
      fetch(`${daemon.url}/sync/staff`, { method: 'POST', headers: { authorization: 'Bearer sesame' } });
    const asked = Array.from({ length: 40 }, () => post());
    const early: number[] = [];
    for (const one of asked) void one.then(({ status }) => early.push(status));
    await until(() => early.length >= 8);
    expect(early).toEqual(Array(8).fill(409));
    using _flood = await idle(port, 100);
    expect(await daemon.get('/livez')).toMatchObject({ status: 200 });
    held.happen();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(32);
  });
});
