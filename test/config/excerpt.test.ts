import { expect, test } from 'vitest';
import { excerpt } from '../../src/config/excerpt.ts';

const visible = new Set(['url', 'realm', 'log', 'level', 'format', 'where', '<<']);

const lines: [string, string, string][] = [
  ['a value that may be shown', '    realm: corp', '    realm: corp'],
  ['an address', 'url: https://id.example.com:8443/auth', 'url: https://id.example.com:8443/auth'],
  ['a password in an address', 'url: https://me:hunter2@id.example.com', 'url: https://…@id.example.com'],
  ['a user name in an address', 'url: https://hunter2@id.example.com', 'url: https://…@id.example.com'],
  ['any other value', '    clientSecret: hunter2', '    clientSecret: …'],
  ['a reference', '    clientSecret: ${env:SECRET}', '    clientSecret: ${env:SECRET}'],
  ['a reference in quotes', '    clientSecret: "${file:/a b}"', '    clientSecret: "${file:/a b}"'],
  ['a reference with more', '    clientSecret: ${env:SECRET}hunter2', '    clientSecret: …'],
  ['a reference with a comment', '    clientSecret: ${env:SECRET} # hunter2', '    clientSecret: …'],
  ['no space after the colon', '    clientSecret:hunter2', '    clientSecret: …'],
  ['a flow of what may be shown', 'log: { level: info, format: json }', 'log: { level: info, format: json }'],
  ['a flow with something else', '- { realm: a, clientSecret: hunter2, url: b }', '- { realm: a, clientSecret: …'],
  ['a flow with a colon forgotten', '- { realm: a, clientSecret hunter2 }', '- { realm: a …'],
  ['a second word', 'realm: a hunter2', 'realm: a …'],
  ['a line without a key', '      MIIEvQIBADANBg', '      …'],
  ['an item', '  - - hunter2', '  - - …'],
  ['text before the first key', 'hunter2 realm: a', '…'],
  ['a path of Windows', 'url: C:\\data', 'url: C:\\data'],
  ['a comment after a value', 'realm: a # was hunter2', 'realm: a …'],
  ['the end of a document', '---', '---'],
  ['what a terminal would obey', 'realm: \u001b[2J\u202e\tx', 'realm: �[2J� …'],
];

test.each(lines)('%s', (_name, line, shown) => {
  expect(excerpt(line, 7, 1, visible)).toBe(`  7 | ${shown}\n    | ^`);
});

test('an expression is shown whole', () => {
  expect(excerpt('where: user.a ? x : y', 12, 8, visible, { start: 6, end: 21 })).toBe(
    '  12 | where: user.a ? x : y\n     |        ^',
  );
});

const around: [string, string, [number, number], number, string][] = [
  ['after its key', 'where: user.a ? x : y', [7, 21], 8, 'where: user.a ? x : y\n    |        ^'],
  ['a line of several', '  user.a == "x: y"', [-20, 40], 3, '  user.a == "x: y"\n    |   ^'],
  ['with a comment', 'where: user.a # hunter2', [7, 13], 8, 'where: user.a …\n    |        ^'],
  ['in a flow', '{ other: hunter2 x, where: a + b }', [27, 32], 28, '{ other: … a + b }\n    |            ^'],
  ['a key that slipped into it', '    clientSecret: hunter2', [-20, 40], 5, '    clientSecret: …\n    |     ^'],
];

test.each(around)('an expression %s', (_name, line, [start, end], column, shown) => {
  expect(excerpt(line, 7, column, visible, { start, end })).toBe(`  7 | ${shown}`);
});

test('of a long line the part around the column', () => {
  const line = `where: ${'a'.repeat(300)}b${'c'.repeat(300)}`;
  const [text, mark] = excerpt(line, 1, 308, visible, { start: 6, end: line.length }).split('\n');
  expect(text).toBe(`  1 | ${'a'.repeat(80)}b${'c'.repeat(19)}`);
  expect(text?.[mark?.indexOf('^') ?? 0]).toBe('b');
});

test('the mark stays on what is shown', () => {
  expect(excerpt('clientSecret: hunter2 x', 1, 23, visible)).toBe('  1 | clientSecret: …\n    |                ^');
});
