import { createHmac } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createNotifier, type Notice } from '../../src/daemon/notify.ts';
import { Failure } from '../../src/model/failure.ts';
import { Secret } from '../../src/model/secret.ts';
import { testClock } from '../connectors/http/clock.ts';
import { json } from '../emulators/reply.ts';
import { type Received, serve } from '../emulators/server.ts';

const notice: Notice = {
  event: 'blocked',
  source: 'corp',
  message: 'A plan of source corp waits: <10> & more.',
  command: 'rosterd approve abc --reason "..."',
  details: { plan: 'abc' },
};

/** A webhook that answers with these statuses, the last of which stays. */
async function world(statuses: number[], more: { secret?: string | Secret; format?: 'json' | 'slack' } = {}) {
  const clock = testClock([30_000]);
  const received: Received[] = [];
  const server = await serve({
    clock,
    answer: async (request) => {
      received.push(request);
      return json(statuses.length > 1 ? (statuses.shift() ?? 500) : (statuses[0] ?? 200), {});
    },
  });
  const logged: string[] = [];
  const told: string[] = [];
  const log = (fields: object, message: string) => void logged.push(message + JSON.stringify(fields));
  const { secret, format = 'json' } = more;
  const notifier = createNotifier(
    {
      ...{ webhook: Secret.of(`${server.origin}/hooks/s3cret-path`), format, failures: 3 },
      ...(secret === undefined ? {} : { secret: secret instanceof Secret ? secret : Secret.of(secret) }),
    },
    {
      clock,
      env: {},
      version: '1.2.3',
      log: { debug: log, warn: log },
      told: (event, how) => told.push(`${event} ${how}`),
    },
  );
  onTestFinished(async () => {
    await notifier.close(0);
    await server.close();
  });
  const sent = async () => {
    while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { notifier, received, logged, told, sent };
}

test('JSON, with everything that a program wants to know, signed', async () => {
  const { notifier, received, told, sent } = await world([200], { secret: 'sesame' });
  void notifier.tell(notice);
  await sent();
  expect(told).toEqual(['blocked sent']);
  const [{ method, path, headers, body } = received[0] as Received] = received;
  expect([method, path, headers['content-type']]).toEqual(['POST', '/hooks/s3cret-path', 'application/json']);
  expect(JSON.parse(body)).toEqual({ ...notice, at: '2026-01-01T00:00:00.000Z', version: '1.2.3' });
  const signature = createHmac('sha256', 'sesame').update(body).digest('hex');
  expect(headers['x-rosterd-signature']).toBe(`sha256=${signature}`);
});

test("Slack's shape, without markup of its own", async () => {
  const { notifier, received, sent } = await world([200], { format: 'slack' });
  void notifier.tell(notice);
  await sent();
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({
    text: '*rosterd, source corp*: A plan of source corp waits: &lt;10&gt; &amp; more.\n`rosterd approve abc --reason "..."`',
  });
  expect(received[0]?.headers['x-rosterd-signature']).toBeUndefined();
});

test('what does not arrive is tried again', async () => {
  const { notifier, received, told, sent } = await world([503, 429, 200]);
  void notifier.tell(notice);
  await sent();
  expect(received).toHaveLength(3);
  expect(told).toEqual(['blocked sent']);
});

test('in vain: a line in the log, without the address, and nothing else', async () => {
  const { notifier, logged, told, sent } = await world([500]);
  void notifier.tell(notice);
  await sent();
  expect(told).toEqual(['blocked failed']);
  expect(logged.join('\n')).toMatch(/a notification could not be sent: .*answered 500/);
  expect(logged.join('\n')).not.toContain('s3cret');
});

test('whoever tells learns whether it arrived', async () => {
  const { notifier } = await world([200]);
  expect(await notifier.tell(notice)).toBe(true);
  const { notifier: deaf } = await world([403]);
  expect(await deaf.tell(notice)).toBe(false);
});

test('a secret that cannot be read is a notification that could not be sent, and no more', async () => {
  const gone = new Secret(() => {
    throw new Failure('configuration', '`notify.secret`: /run/secrets/notify cannot be read (ENOENT).');
  });
  const { notifier, received, logged, told } = await world([200], { secret: gone });
  expect(await notifier.tell(notice)).toBe(false);
  expect(received).toEqual([]);
  expect(told).toEqual(['blocked failed']);
  expect(logged[0]).toContain('a notification could not be sent: `notify.secret`: /run/secrets/notify cannot be read');
});

test('a flood is cut', async () => {
  const { notifier, told, logged } = await world([200]);
  for (let at = 0; at < 150; at++) void notifier.tell(notice);
  expect(told.filter((one) => one === 'blocked failed')).toHaveLength(50);
  expect(logged[0]).toContain('a notification was dropped');
  await notifier.close(5000);
});

test.each(['http://hooks.example.com/x', 'not an address'])(
  'an address that gives secrets away is refused: %s',
  (text) => {
    const made = () =>
      createNotifier(
        { webhook: Secret.of(text), format: 'json', failures: 3 },
        { clock: testClock(), env: {}, version: '1', log: { debug: () => {}, warn: () => {} }, told: () => {} },
      );
    expect(made).toThrow('The value of "notify.webhook" must be an https address');
  },
);
