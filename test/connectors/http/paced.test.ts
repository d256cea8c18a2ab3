import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask } from '../../../connectors/http/fetch.ts';
import type { Pace } from '../../../connectors/http/pace.ts';
import { json } from '../../emulators/reply.ts';
import { testClock } from './clock.ts';
import { answering, never, open } from './open.ts';

test('a wait for the pace is told when it is long, once a minute for all that wait side by side', async () => {
  const server = await answering([json(200, [1])]);
  const waits = new Map([
    ['users', 45_001],
    ['members', 10_000],
    ['groups', 9999],
  ]);
  const pace: Pace = { take: (_, bucket = '') => waits.get(bucket) ?? 0, until: () => undefined };
  const clock = testClock([120_000, ...waits.values()]);
  const warned: [object, string][] = [];
  const log = {
    debug: () => undefined,
    warn: (fields: object, message: string) => void warned.push([fields, message]),
  };
  const surroundings = { source: 'corp', clock, env: {}, log };
  const { http } = open(server.origin, { surroundings, pace, concurrency: 10 });
  const get = (bucket: string) =>
    http.run({ what: `the ${bucket}`, bucket }, never, (attempt) => ask(attempt, new URL(server.origin), {}));
  const { host } = new URL(server.origin);
  const line = (what: string, wait: number, shown: string) => [
    { source: 'corp', what, wait },
    `Source "corp": waiting ${shown} before Exemplar at ${host} is asked for ${what}, to keep to what it allows.`,
  ];
  const users = line('the users', 45_001, '46 s');
  const members = line('the members', 10_000, '10 s');
  const goOn = async () => {
    clock.expire();
    await turn();
  };

  const all = Promise.all(['users', 'users', 'users', 'members', 'members', 'groups'].map(get));
  await turn();
  expect(warned).toEqual([users, members]);
  clock.advance(59_999);
  await goOn();
  expect(warned).toEqual([users, members]);
  clock.advance(1);
  await goOn();
  expect(warned).toEqual([users, members, users, members]);
  expect(server.requests).toHaveLength(0);
  waits.clear();
  await goOn();
  await all;
  expect(server.requests).toHaveLength(6);
  expect(http.usage().throttled).toBe(3 * (3 * 45_001 + 2 * 10_000 + 9999));
});
