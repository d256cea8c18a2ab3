import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('a clone runs on Node.js 22: no `using`, which it cannot read and type stripping leaves', () => {
  const files = globSync('{src,connectors}/**/*.ts', { cwd: new URL('../..', import.meta.url) });
  expect(files).toContain('src/main.ts');
  const offending = files.filter((file) =>
    /^\s*(await\s+)?using\s+\w+\s*=/m.test(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')),
  );
  expect(offending).toEqual([]);
});
