import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
const IMPORT = /^(?:import|export) (?!type )[^;]*?from '(\.[^']+)'/gm;

/** Every file that is loaded with this one, without what it loads when it is needed. */
function loadedWith(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(IMPORT))
    loadedWith(fileURLToPath(new URL(path, `file://${file}`)), known);
  return known;
}

test.each(['main.ts', 'cli/check.ts', 'cli/once.ts', 'cli/users.ts', 'daemon/worker.ts', 'sync/pass.ts'])(
  'the expression language is loaded only for a file that has rules: %s',
  (entry) => {
    const loaded = [...loadedWith(src(entry))];
    expect(loaded.length).toBeGreaterThan(3);
    // What says how a rule looks is types and two classes.
    expect(loaded.filter((file) => file.startsWith(src('expressions/')) && !file.endsWith('/rule.ts'))).toEqual([]);
  },
);

test('it is where there are rules', () => {
  expect(loadedWith(src('config/check-rules.ts'))).toContain(src('expressions/compile.ts'));
});
