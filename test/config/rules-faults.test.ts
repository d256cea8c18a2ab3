import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { refused, SOURCE } from './kit.ts';

// Every case: what follows a source without fault, of which the first keys may still be that source's, and everything that
// is said about it. The source takes seven lines. UPDATE=1 writes what is said now into the file; read it before you keep it.
const file = new URL('rules-faults.golden.txt', import.meta.url);
const golden = readFileSync(file, 'utf8');
const cases = golden
  .split(/^### /m)
  .slice(1)
  .map((part): [string, string, string] => {
    const [name = '', rest = ''] = part.split(/\n(.*)/s);
    const [given = '', said = ''] = rest.split(/^===\n/m);
    return [name, given, said.trimEnd()];
  });

const now: string[] = [];
const update = process.env.UPDATE === '1';
afterAll(() => {
  if (update) writeFileSync(file, now.join('\n'));
});

test.each(cases)('%s', async (name, text, said) => {
  const { message } = await refused(SOURCE + text, { env: { SET: 'set' } });
  now.push(`### ${name}\n${text}===\n${message}\n`);
  if (!update) expect(message).toBe(said);
});

test('there are enough of them', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60);
});
