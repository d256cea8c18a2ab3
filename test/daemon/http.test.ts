import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createHttp, type Served } from '../../src/daemon/http.ts';
import { Failure } from '../../src/model/failure.ts';

/** A server on a free port. */
async function world(more: Partial<Served> = {}, token: string | null = 'sesame', trusted = false) {
  const asked: [string, boolean][] = [];
  const served: Served = {
    ready: () => ({ ok: true, why: null }),
    status: () => ({ version: '1' }),
    metrics: async () => ({ body: 'rosterd_build_info 1\n', type: 'text/plain; version=0.0.4; charset=utf-8' }),
    sync: async (name, full) => {
      asked.push([name, full]);
      throw new Failure('usage', `There is no source \`${name}\`.`, { exit: 2 });
    },
    ...more,
  };
  const access = () => (trusted ? { trusted: true as const } : { trusted: false as const, token: token ?? undefined });
  const server = createHttp(served, access, { error: () => {} });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.text()).trim(),
    };
  };
  /** The first line of the answer to a first line that no client sends. */
  const raw = (line: string) =>
    new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(`${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      );
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''));
    });
  return { ask, asked, raw };
}

test('alive, ready, not ready, metrics, status', async () => {
  const { ask } = await world();
  expect(await ask('/livez')).toMatchObject({ status: 200, body: 'ok' });
  expect(await ask('/readyz')).toMatchObject({ status: 200, body: 'ok' });
  expect(await ask('/health')).toMatchObject({ status: 200, body: '{"ok":true,"why":null}' });
  expect(await ask('/metrics')).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
  expect(await ask('/status')).toMatchObject({ status: 200, type: 'application/json', body: '{"version":"1"}' });
  const waiting = await world({ ready: () => ({ ok: false, why: 'another daemon holds this directory' }) });
  expect(await waiting.ask('/livez')).toMatchObject({ status: 200 });
  expect(await waiting.ask('/readyz')).toMatchObject({
    status: 503,
    body: 'not ready: another daemon holds this directory',
  });
});

test('what there is not, and what is not asked for like that', async () => {
  const { ask } = await world();
  expect(await ask('/')).toMatchObject({ status: 404 });
  expect(await ask('/metrics', { method: 'POST' })).toMatchObject({ status: 405 });
  expect(await ask('/sync/corp')).toMatchObject({ status: 405 });
  expect(await ask('/livez', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
});

test('a pass is for whoever brings the token, and for the socket', async () => {
  const { ask, asked } = await world();
  const post = (authorization?: string) =>
    ask('/sync/corp?full=true', { method: 'POST', ...(authorization ? { headers: { authorization } } : {}) });
  expect(await post()).toMatchObject({ status: 401 });
  expect(await post('Bearer sesamf')).toMatchObject({ status: 401 });
  expect(await post('Basic sesame')).toMatchObject({ status: 401 });
  expect(asked).toEqual([]);
  expect(await post('Bearer sesame')).toMatchObject({ status: 404 });
  expect(asked).toEqual([['corp', true]]);
  const closed = await world({}, null);
  expect(
    await closed.ask('/sync/corp', { method: 'POST', headers: { authorization: 'Bearer undefined' } }),
  ).toMatchObject({
    status: 403,
  });
  const socket = await world({}, null, true);
  expect(await socket.ask('/sync/a%2Fb', { method: 'POST' })).toMatchObject({ status: 404 });
  expect(socket.asked).toEqual([['a/b', false]]);
});

test('a failure has its code and sentence', async () => {
  const busy = new Failure('busy', 'The daemon is ending.', { exit: 5 });
  const { ask } = await world({ sync: async () => ({ failure: busy }) }, null, true);
  const { status, body } = await ask('/sync/corp', { method: 'POST' });
  expect(status).toBe(409);
  expect(JSON.parse(body)).toEqual({ failure: { code: 'busy', message: 'The daemon is ending.', exit: 5 } });
});

test('what is no path at all is the fault of whoever asks', async () => {
  const { raw } = await world({}, null, true);
  for (const line of ['GET //', 'GET http://[', 'POST /sync/%ff', 'POST /sync/%'])
    expect([line, await raw(line)]).toEqual([line, 'HTTP/1.1 400 Bad Request']);
  expect(await raw('OPTIONS *')).toBe('HTTP/1.1 405 Method Not Allowed');
});
