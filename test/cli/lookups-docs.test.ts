import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LOOKUPS } from '../../src/cli/lookups.ts';

const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');

/** The options in the table of a command's section, as `--limit 100`. */
function documented(command: string): string[] {
  const section = page.split(/^### /m).find((text) => text.startsWith(`${command}\n`)) ?? '';
  return [...section.matchAll(/^\| `(--[a-z]+)[^|]*\| (\S+) +\|/gm)].map(
    ([, flag, otherwise]) => `${flag} ${otherwise}`,
  );
}

test.each(LOOKUPS.map(({ name, options }) => ({ name, options })))(
  'the page of commands has every option of $name, and its default',
  ({ name, options }) => {
    const declared = options.map(([flags, help]) => `${flags.split(' ')[0]} ${/\(default: (.*)\)$/.exec(help)?.[1]}`);
    expect(documented(name)).toEqual(declared);
  },
);

test('the page lists every look-up', () => {
  for (const { name } of LOOKUPS) expect(page).toMatch(new RegExp(`^    rosterd ${name}\\b`, 'm'));
});
