import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { folder, refused, SOURCE } from './kit.ts';

// Every case: what the file holds, and everything that is said about it. Where a case has no sources, one without fault
// is added at its end. FOLDER is where the file lies. A tab is a tab.
const golden = readFileSync(new URL('faults.golden.txt', import.meta.url), 'utf8');
const cases = golden
  .split(/^### /m)
  .slice(1)
  .map((part): [string, string, string] => {
    const [name = '', rest = ''] = part.split(/\n(.*)/s);
    const [given = '', said = ''] = rest.split(/^===\n/m);
    return [name, given, said.trimEnd()];
  });

const files = folder({
  'empty.txt': '',
  'newline.txt': '\n',
  'latin1.txt': new Uint8Array([0xe9]),
});
afterAll(() => files[Symbol.dispose]());
const given = { folder: files.path, secrets: 'open', env: { SET: 'set', EMPTY: '' } } as const;

test.each(cases)('%s', async (_name, text, said) => {
  const whole = text.trim() === '' || /^(sources|#|- )/m.test(text) ? text : text + SOURCE;
  expect((await refused(whole, given)).message.replaceAll(files.path, 'FOLDER')).toBe(said);
});
