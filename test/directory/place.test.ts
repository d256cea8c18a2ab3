import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { make } from '../../src/directory/place.ts';

test('the folders above the file are made with it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rosterd-place-'));
  const path = join(folder, 'a', 'b', 'directory.db');
  make(path);
  make(path);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  rmSync(folder, { recursive: true });
});

test.runIf(existsSync('/proc/self'))('a place where no folder can be made is an error, and not tried for ever', () => {
  expect(() => make('/proc/none/directory.db')).toThrow(
    /^The directory \/proc\/none\/directory\.db could not be made by /,
  );
});
