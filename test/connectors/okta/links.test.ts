import { expect, test } from 'vitest';
import { linksIn } from '../../../connectors/okta/links.ts';

const self = '<https://a.example/api/v1/users?limit=200>; rel="self"';
const next = '<https://a.example/api/v1/users?after=200x&limit=200>; rel="next"';

test.each<[string, string | string[] | null, Record<string, string[]>]>([
  ['none', null, {}],
  ['an empty one', '', {}],
  ['header lines of their own', [self, next], { self: [addressOf(self)], next: [addressOf(next)] }],
  ['one line with a comma', `${self}, ${next}`, { self: [addressOf(self)], next: [addressOf(next)] }],
  ['one line without a space', `${self},${next}`, { self: [addressOf(self)], next: [addressOf(next)] }],
  [
    'addresses that hold commas, semicolons and quotes',
    `<https://a.example/?filter=status eq "A",b;rel="next">; rel="self", ${next}`,
    { self: ['https://a.example/?filter=status eq "A",b;rel="next"'], next: [addressOf(next)] },
  ],
  [
    'parameters in any order and case',
    '<https://a.example/2>; title="a, b"; REL=Next; x',
    { next: ['https://a.example/2'] },
  ],
  [
    'several relations',
    '<https://a.example/2>; rel="next last"',
    { next: ['https://a.example/2'], last: ['https://a.example/2'] },
  ],
  ['two of one kind', '</a>; rel=next, </b>; rel=next', { next: ['/a', '/b'] }],
  ['one without a relation', '<https://a.example/2>', {}],
  ['what is no link', 'next: https://a.example/2', {}],
])('links: %s', (_, given, expected) => {
  const headers = new Headers();
  for (const line of [given].flat()) if (line !== null) headers.append('link', line);
  expect(Object.fromEntries(linksIn(headers.get('link')))).toEqual(expected);
});

function addressOf(link: string): string {
  return link.slice(1, link.indexOf('>'));
}
