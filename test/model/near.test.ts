import { expect, test } from 'vitest';
import { near } from '../../src/model/near.ts';

const KEYS = ['clientId', 'clientSecret', 'url', 'realm', 'name', 'nestedGroups', 'directory', 'log', 'tests'];

const words: [string, string | undefined][] = [
  ['clientSecrt', 'clientSecret'],
  ['clientSecrets', 'clientSecret'],
  ['cleintId', 'clientId'],
  ['client_id', 'clientId'],
  ['client-secret', 'clientSecret'],
  ['CLIENTID', 'clientId'],
  ['nestedGroup', 'nestedGroups'],
  ['uri', 'url'],
  ['logs', 'log'],
  ['test', 'tests'],
  ['path', undefined],
  ['password', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
];

test.each(words)('%s', (word, expected) => {
  expect(near(word, KEYS)).toBe(expected);
});

test('of two that are as near the first', () => {
  expect(near('lag', ['log', 'leg'])).toBe('log');
});
