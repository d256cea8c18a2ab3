import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { status } from '../emulators/faults.ts';
import { Daemon, SELDOM, world } from './kit.ts';

const post = (daemon: Daemon, token = 'sesame', path = '/sync/staff') =>
  fetch(daemon.url + path, { method: 'POST', headers: { authorization: `Bearer ${token}` } });

describe('a pass over HTTP', { timeout: 60_000 }, () => {
  test('a token that cannot be read closes /sync, is told in the log, and harms nothing else', async () => {
    const { site, port } = await world(`${SELDOM}\nrunOnStart: false`);
    await using _ = site;
    const token = join(site.folder, 'token');
    writeFileSync(token, 'sesame\n');
    site.configure((text) => text.replace('token: sesame', `token: "\${file:${token}}"`));
    await using daemon = new Daemon(site, port);
    await daemon.says(/^rosterd .* runs$/);
    expect((await post(daemon)).status).toBe(200);
    rmSync(token);
    expect(await daemon.get('/livez')).toMatchObject({ status: 200 });
    expect(await daemon.get('/metrics')).toMatchObject({ status: 200 });
    const closed = await post(daemon);
    expect(closed.status).toBe(503);
    expect(await closed.text()).not.toContain(site.folder);
    expect((await daemon.says(/^the token of "http.token" cannot be read/)).msg).toContain(token);
    writeFileSync(token, 'another\n');
    expect((await post(daemon)).status).toBe(401);
    expect((await post(daemon, 'another')).status).toBe(200);
    expect(await daemon.stop()).toBe(0);
  });

  test('the status says how the pass ended: 200, 422 where a limit stopped it, 500 where it failed', async () => {
    const { site, port } = await world();
    await using _ = site;
    for (let at = 0; at < 20; at++) site.realm('staff').realm.addUser({ username: `more-${at}` });
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    const ended = async () => {
      const answer = await post(daemon);
      return { status: answer.status, outcome: Object(await answer.json()).outcome };
    };
    expect(await ended()).toEqual({ status: 200, outcome: 'unchanged' });
    const { realm, faults } = site.realm('staff');
    for (let at = 0; at < 15; at++) realm.removeUser(realm.user(`more-${at}`));
    expect(await ended()).toEqual({ status: 422, outcome: 'blocked' });
    faults.when({ path: '/users', times: 99 }, status(403));
    expect(await ended()).toEqual({ status: 500, outcome: 'failed' });
    expect((await post(daemon, 'sesame', '/sync/nobody')).status).toBe(404);
  });

  test('a pass that the end of the daemon cancelled is 503', async () => {
    const { site, port } = await world();
    await using _ = site;
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    site.realm('staff').faults.when({ path: '/members', times: 99 }, () => new Promise(() => {}));
    const asked = post(daemon);
    await daemon.says(/^the pass begins/, 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await daemon.stop()).toBe(0);
    expect((await asked).status).toBe(503);
  });
});
