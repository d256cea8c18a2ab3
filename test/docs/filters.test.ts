import { readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { folder, SOURCE } from '../config/kit.ts';

const PAGE = readFileSync(new URL('../../docs/filters.md', import.meta.url), 'utf8');

/** The recipes of the page: their headings, and what stands in the file. */
const recipes = [...PAGE.matchAll(/^### (.+)\n(?:(?!^#)[\s\S])*?```yaml\n([\s\S]*?)```/gm)].map(
  ([, name = '', block = '']) => [name, block] as const,
);

/** The block as a whole file: what belongs to a source goes there, and the tests are of that source. */
function fileOf(block: string): string {
  let ofSource = '';
  let others = '';
  let here = false;
  for (const line of block.split('\n')) {
    if (/^\S/.test(line)) here = /^(users|groups):/.test(line);
    if (here) ofSource += `    ${line}\n`;
    else
      others += `${line.replace(/^ {2}- \{ name:/, '  - { source: corp, name:').replace(/^ {2}- name:(?=.*)/, '  - source: corp\n    name:')}\n`;
  }
  return `${SOURCE}${ofSource}${others.includes('localGroups') ? others.replaceAll('  - source: corp\n    name:', '  - name:') : others}`;
}

test('the page has at least 30 recipes', () => {
  expect(recipes.length).toBeGreaterThanOrEqual(30);
});

test.each(recipes)('%s', async (_, block) => {
  using files = folder({ 'config.yaml': fileOf(block) });
  const out = new PassThrough();
  const io = { out, err: new PassThrough(), in: Readable.from([]), env: {}, cwd: files.path };
  const exit = await check({}, io);
  expect({ exit, out: String(out.read() ?? '') }).toEqual({ exit: 0, out: expect.stringMatching(/: ok, /) });
});
