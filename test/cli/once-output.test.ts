import { expect, test } from 'vitest';
import { seldom } from '../../src/daemon/seldom.ts';
import { status } from '../emulators/faults.ts';
import { Site, secretOf } from './once-kit.ts';

interface Line {
  level: number;
  source?: string;
  run?: number;
  msg: string;
}

/** Every token that a realm gave out. */
function tokensOf(site: Site, source: string): string[] {
  const tokens: string[] = [];
  site.realm(source).faults.when({ path: '/token', times: Number.POSITIVE_INFINITY }, async (_request, honest) => {
    const reply = await honest();
    const { access_token: token } = JSON.parse(reply.body) as { access_token?: string };
    if (token) tokens.push(token);
    return reply;
  });
  return tokens;
}

test('at the level trace: results and logs apart, each line with its source and run, and no secret anywhere', async () => {
  await using site = await Site.of('one', 'two');
  site.head = 'log: { level: trace, format: json }';
  site.fill('one', 'ada');
  site.fill('two', 'bob');
  site.configure();
  const secrets = ['one', 'two'].map(secretOf);
  const tokens = ['one', 'two'].map((source) => tokensOf(site, source));
  let all = '';
  const rosterd = async (...args: string[]) => {
    await using running = site.start(...args);
    const { code, out, err } = await running.ended;
    all += out + err;
    return {
      code,
      out,
      lines: err
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Line),
    };
  };

  // Refused, and tried again: what a provider does wrong is logged as well.
  site.realm('one').faults.when({ path: '/users' }, status(503, { retryAfter: 0 }));
  const first = await rosterd('--once');
  expect(first.code).toBe(0);
  expect(first.out).toMatch(/^one: 1 account created/);
  expect(first.lines.length).toBeGreaterThan(4);
  // Now in threads.
  site.realm('two').client.roles.clear();
  const second = await rosterd('--once');
  expect(second.code).toBe(1);
  expect(second.out).toMatch(/^one: nothing changed.*\ntwo: failed\. /);
  expect(second.lines.find(({ level }) => level === 50)?.msg).toMatch(/^the pass failed: Source "two": /);
  for (const { source, run, msg } of [...first.lines, ...second.lines]) {
    expect({ source, run, msg }).toEqual({
      source: expect.stringMatching(/^(one|two)$/),
      run: expect.any(Number),
      msg,
    });
  }

  await rosterd('plan', '--json');
  await rosterd('check', '--online');
  site.configure((text) => text.replaceAll(/clientSecret: \S+/g, (found) => `${found}-wrong`));
  await rosterd('--once');
  expect(tokens.flat().length).toBeGreaterThanOrEqual(6);
  for (const secret of [...secrets, ...tokens.flat()]) expect(all).not.toContain(secret);
  // Nor the parts of a token, which are readable to anybody.
  for (const token of tokens.flat()) for (const part of token.split('.')) expect(all).not.toContain(part);
});

test('how far a listing has come is logged every so often, the newest of what there is to say', () => {
  let now = 0;
  const said: number[] = [];
  const say = seldom<number>(10_000, { now: () => now }, (seen) => said.push(seen));
  for (; now <= 35_000; now += 1000) say(now);
  expect(said).toEqual([10_000, 20_000, 30_000]);
});
