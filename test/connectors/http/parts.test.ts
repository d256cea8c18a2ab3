import { describe, expect, test } from 'vitest';
import { bare, excerpt } from '../../../connectors/http/excerpt.ts';
import { gate } from '../../../connectors/http/gate.ts';
import { pinned } from '../../../connectors/http/links.ts';
import { noPace, tokenBucket } from '../../../connectors/http/pace.ts';
import { countOf, listOf, listUnder, objectOf, unexpectedFor } from '../../../connectors/http/pages.ts';
import { merge, sideBySide } from '../../../connectors/http/streams.ts';
import { neverShow, Secret } from '../../../src/model/secret.ts';
import { failureOf, never } from './open.ts';

describe('an excerpt', () => {
  test.each([
    ['keeps what is short', 'no such realm', 'no such realm'],
    ['writes JSON', { error: 'nope' }, '{"error":"nope"}'],
    ['drops control characters and line ends', 'a\u001b[31m\r\nb\u0000c\u2028d\u202ee', 'a [31m b c d e'],
    ['cuts', 'x'.repeat(500), `${'x'.repeat(119)}…`],
    ['hides a token in JSON', { access_token: 'abc"d', a: 1 }, '{"access_token":[hidden],"a":1}'],
    ['hides a form', 'grant_type=x&client_secret=s3cret&a=1', 'grant_type=x&client_secret=[hidden]&a=1'],
    [
      'hides tokens under every spelling of their names',
      { accessToken: 'a"b', refreshToken: 'c', idToken: 'd', token: 'e', token_type: 'Bearer' },
      '{"accessToken":[hidden],"refreshToken":[hidden],"idToken":[hidden],"token":[hidden],"token_type":"Bearer"}',
    ],
    ['hides a token in a form', 'a=1&token=s3cret&b=2', 'a=1&token=[hidden]&b=2'],
    ['keeps words after a code', 'InvalidToken: signature is bad', 'InvalidToken: signature is bad'],
    ['keeps words after the word token', 'no such token: it ended', 'no such token: it ended'],
    ['hides a scheme', 'Authorization was Bearer abc.def', 'Authorization was Bearer [hidden]'],
    ['hides a header', 'GET / Authorization: SSWS 00ab1f3d2c4e5f; Host: x', 'GET / Authorization: [hidden]; Host: x'],
    ['hides a header of one word', 'Authorization: 00ab1f3d2c4e5f', 'Authorization: [hidden]'],
    ['hides a header in HTML', '<p>Authorization: Basic YTpi</p>', '<p>Authorization: [hidden]</p>'],
    ['hides a header in JSON', { 'Proxy-Authorization': 'Basic YTpi' }, '{"Proxy-Authorization":[hidden]}'],
    ['hides cookies', 'Set-Cookie: sid=abc; path=/', 'Set-Cookie: [hidden]; path=/'],
    ['hides a scheme alone', 'got SSWS 00ab1f3d2c4e5f', 'got SSWS [hidden]'],
    [
      'keeps words after a scheme',
      'The DPoP proof is old, the Bearer token too',
      'The DPoP proof is old, the Bearer token too',
    ],
    ['hides a JWT', 'got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln back', 'got [hidden] back'],
    ['hides what a long text cuts through', `{"client_secret":"${'s'.repeat(900)}`, '{"client_secret":[hidden]'],
    ['takes nothing', undefined, 'undefined'],
  ])('%s', (_, given, expected) => {
    expect(excerpt(given)).toBe(expected);
  });

  test('never holds a credential that is in use, wherever it stands', () => {
    const secret = Secret.of('corp+s3cret/value');
    secret.open();
    neverShow('opaque-access-token');
    const page = `<h1>Blocked</h1> x-token=opaque-access-token&s=${encodeURIComponent('corp+s3cret/value')} corp+s3cret/value`;
    expect(excerpt(page, 300)).toBe('<h1>Blocked</h1> x-token=[secret]&s=[secret] [secret]');
    // One that the cut goes through.
    expect(excerpt(`${'x'.repeat(470)}opaque-access-token`, 500)).toBe(`${'x'.repeat(470)}[secret]`);
  });

  test('of an error has its code, and neither its stack nor what hangs on it', () => {
    const error = Object.assign(new Error('failed with Bearer abc'), { code: 'E1', headers: { authorization: 'x' } });
    const kept = bare(error);
    expect(kept.message).toBe('E1: failed with Bearer [hidden]');
    expect(Object.getOwnPropertyNames(kept)).toEqual(['message']);
  });
});

describe('links', () => {
  const base = new URL('https://id.example.com/base/');
  const follow = (link: string, origins: string[] = []) => pinned(link, base, new Set(origins), 'corp').href;

  test.each([
    ['https://id.example.com/users?$skiptoken=X%274453%27', 'https://id.example.com/users?$skiptoken=X%274453%27'],
    ['/users?after=1', 'https://id.example.com/users?after=1'],
    ['https://id.example.com:443/users', 'https://id.example.com/users'],
    ['https://other.example.com/users', 'https://other.example.com/users'],
  ])('%s is followed', (link, expected) => {
    expect(follow(link, ['https://other.example.com'])).toBe(expected);
  });

  test.each([
    'https://evil.example.org/users',
    'http://id.example.com/users',
    'https://id.example.com:8443/users',
    'https://id.example.com@evil.example.org/users',
    'https://user:pw@id.example.com/users',
    '//evil.example.org/users',
    '\\\\evil.example.org\\users',
    'https://',
  ])('%s is not', (link) => {
    expect(() => follow(link)).toThrow(/which is not the configured address\. It was not followed/);
  });
});

describe('the shape of an answer', () => {
  const fail = unexpectedFor({ source: 'corp', product: 'Exemplar', url: new URL('https://id.example.com') });
  const said = (look: () => unknown) => {
    try {
      return look();
    } catch (error) {
      return error instanceof Error ? error.message : error;
    }
  };
  const sentence = (got: string) =>
    `Source "corp": Exemplar at id.example.com answered the request for the users with ${got} where a list was expected. Nothing was taken from it. Check the address in the configuration, and proxies and login pages between.`;

  test('that is right passes', () => {
    expect(listOf([], 'the users', fail)).toEqual([]);
    expect(listOf([{ id: 1 }], 'the users', fail)).toEqual([{ id: 1 }]);
    expect(listUnder('value', { value: [] }, 'the users', fail)).toEqual([]);
    expect(objectOf({}, 'the user', fail)).toEqual({});
    expect(countOf(0, 'the number', fail)).toBe(0);
  });

  test.each([
    ['nothing', null, sentence('nothing')],
    ['an empty body', '', sentence('an empty body')],
  ])('%s is no empty list', (_, got, expected) => {
    expect(said(() => listOf(got, 'the users', fail))).toBe(expected);
  });

  test.each([
    [
      'a login page',
      '<!doctype html><h1>Sign in</h1>',
      'a web page where a list',
      ': <!doctype html><h1>Sign in</h1>.',
    ],
    ['a text', 'OK', 'a text where a list', ': OK.'],
    ['an error', { error: 'x' }, 'another object where a list', ': {"error":"x"}.'],
    ['a number', 7, 'a number where a list', ': 7.'],
    ['rows that are no objects', [null], 'nothing where a list of objects', 'expected. '],
  ])('%s is no list', (_, got, kind, quoted) => {
    const message = said(() => listOf(got, 'the users', fail));
    expect(message).toContain(kind);
    expect(message).toContain(quoted);
  });

  test.each([
    [{}, 'another object where an object with "value"'],
    [{ value: null }, 'nothing where a list'],
    [null, 'nothing where an object with "value"'],
    [JSON.parse('{"__proto__":{"value":[]}}'), 'another object where an object with "value"'],
  ])('%j has no list under its key', (got, kind) => {
    expect(said(() => listUnder('value', got, 'the users', fail))).toContain(kind);
  });

  test.each([[-1], [1.5], ['7'], [null], [{ count: 7 }]])('%j is no count', (got) => {
    expect(said(() => countOf(got, 'the number', fail))).toContain('where a number was expected');
  });
});

describe('pace', () => {
  test('waits only when asked to', () => {
    const pace = noPace();
    expect(pace.take(0)).toBe(0);
    pace.until(5000);
    pace.until(3000);
    expect(pace.take(1000)).toBe(4000);
    expect(pace.take(5000)).toBe(0);
  });

  test('a bucket gives its burst, then its rate', () => {
    const pace = tokenBucket(10, 2);
    expect([pace.take(0), pace.take(0), pace.take(0)]).toEqual([0, 0, 100]);
    expect([pace.take(100), pace.take(100)]).toEqual([0, 100]);
    // A long silence fills it no further than to its burst; a clock set back takes nothing from it.
    expect([pace.take(99_000), pace.take(99_000), pace.take(99_000)]).toEqual([0, 0, 100]);
    expect(pace.take(0)).toBe(100);
    pace.until(200_000);
    expect(pace.take(199_000)).toBe(1000);
  });
});

describe('gate', () => {
  test('lets so many in, and the next when one leaves', async () => {
    const door = gate(2);
    const [first, second] = [await door.enter(never), await door.enter(never)];
    const order: string[] = [];
    const third = door.enter(never).then((leave) => {
      order.push('third');
      return leave;
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    first();
    first();
    (await third)();
    second();
    const again = await Promise.all([door.enter(never), door.enter(never)]);
    expect(again).toHaveLength(2);
  });

  test('who gives up leaves the line', async () => {
    const door = gate(1);
    const leave = await door.enter(never);
    const stop = new AbortController();
    const waiting = door.enter(stop.signal);
    stop.abort(new Error('enough'));
    expect((await failureOf(waiting)).message).toBe('enough');
    leave();
    await door.enter(never);
    await expect(door.enter(stop.signal)).rejects.toThrow('enough');
  });
});

describe('streams', () => {
  async function* numbers(from: number, to: number, fail?: number) {
    for (let n = from; n < to; n += 1) {
      if (n === fail) throw new Error(`at ${n}`);
      yield n;
    }
  }
  const all = async (stream: AsyncIterable<number>) => {
    const seen: number[] = [];
    for await (const n of stream) seen.push(n);
    return seen;
  };

  test('merge gives everything of all', async () => {
    expect((await all(merge([numbers(0, 3), numbers(10, 12), numbers(5, 5)]))).sort()).toEqual([0, 1, 10, 11, 2]);
    expect(await all(merge([]))).toEqual([]);
  });

  test('the first error ends it', async () => {
    expect((await failureOf(all(merge([numbers(0, 99), numbers(0, 99, 2)])))).message).toBe('at 2');
  });

  test('a slow reader holds the streams back', async () => {
    let asked = 0;
    async function* counted() {
      for (;;) yield ++asked;
    }
    for await (const n of merge([counted()])) if (n === 3) break;
    expect(asked).toBe(4);
  });

  test('side by side: never more than the width, each task once', async () => {
    let now = 0;
    let most = 0;
    const done = await all(
      sideBySide([1, 2, 3, 4, 5, 6, 7], 3, async function* (n) {
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        yield n;
        now -= 1;
      }),
    );
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });
});
