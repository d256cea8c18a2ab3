import { describe, expect, test } from 'vitest';
import { faultOf } from './fault-flag.ts';
import type { Reply } from './reply.ts';
import type { Received } from './server.ts';

const request: Received = {
  method: 'GET',
  path: '/users',
  query: new URLSearchParams('max=1'),
  headers: {},
  body: '',
};
const honest: Reply = { status: 200, headers: {}, body: '[{"id":"a"},{"id":"b"}]' };

describe('--fault', () => {
  test.each<[string, Partial<Reply>]>([
    ['status=500', { status: 500 }],
    ['status', { status: 503 }],
    ['status=429 retry-after=7', { status: 429, headers: expect.objectContaining({ 'retry-after': '7' }) }],
    ['html=404', { status: 404, body: expect.stringContaining('<h1>') }],
    ['null-body', { body: 'null' }],
    ['empty-body', { body: '' }],
    ['without=id', { body: '[{},{}]' }],
    ['cut-off=25', { delivery: { how: 'cut', share: 0.25 } }],
    ['trickle=50', { delivery: { how: 'trickle', bytes: 64, everyMs: 50 } }],
    ['reset', { delivery: { how: 'reset' } }],
    ['redirect=https://elsewhere.example', { headers: { location: 'https://elsewhere.example/users?max=1' } }],
    ['repeat-row', { body: '[{"id":"a"},{"id":"b"},{"id":"a"}]' }],
    ['lose-row', { body: '[{"id":"b"}]' }],
  ])('%s', async (flag, reply) => {
    expect(await faultOf(flag).behaviour(request, async () => honest)).toMatchObject(reply);
  });

  test.each([
    ['5', '6'],
    ['{"count":5}', '{"count":6}'],
    ['[]', '[]'],
  ])('lie-about-count: %s becomes %s', async (body, lie) => {
    const { behaviour } = faultOf('lie-about-count=1');
    expect((await behaviour(request, async () => ({ ...honest, body }))).body).toBe(lie);
  });

  test.each([
    ['reset', { nth: 1, times: 1 }],
    ['reset path=members nth=3 times=2', { path: 'members', nth: 3, times: 2 }],
    ['method=get path=/users reset times=always', { method: 'GET', path: '/users', times: Number.POSITIVE_INFINITY }],
  ])('%s strikes where it says', (flag, which) => {
    expect(faultOf(flag).which).toMatchObject(which);
  });

  test.each(['', 'nonsense', 'path=users', 'reset html', 'status=abc', 'reset nth=-1'])('"%s" is refused', (flag) => {
    expect(() => faultOf(flag)).toThrow(/must name one fault|is not a number/);
  });
});
