import { expect, test } from 'vitest';
import { throttle } from './throttle.ts';

/** The wait that an answer asks for after `cost` more than the limit of 1,000 units in ten seconds. */
function waitAfter(cost: number): unknown {
  const bucket = throttle(
    () => 1000,
    () => 0,
  );
  bucket.take(1000, ['app', 'tenant']);
  try {
    bucket.take(cost, ['app', 'tenant']);
  } catch (error) {
    return error;
  }
  return null;
}

test.each([
  [1, '1'],
  [212.8, '2.128'],
  [300, '3'],
])('%f units too many: Retry-After %s, a fraction as in the sample of Microsoft', (cost, wait) => {
  expect(waitAfter(cost)).toMatchObject({ headers: { 'retry-after': wait } });
});
