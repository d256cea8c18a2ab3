import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { directoryIn } from '../../src/config/directory.ts';
import { around } from '../config/kit.ts';
import { Site } from './once-kit.ts';

const folder = mkdtempSync(join(tmpdir(), 'rosterd-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['directory: ./a.db\nsources: []\n', 'a.db'],
  ['sources: []\n', 'data/directory.db'],
  ['directory: "sub/b.db"\nsources: whatever\nunknown: 1\n', 'sub/b.db'],
  ['directory: ${env:PLACE}/a.db\nsources: []\n', null],
  ['directory: ""\nsources: []\n', null],
  ['directory: [a]\nsources: []\n', null],
  ['<<: { directory: x.db }\nsources: []\n', null],
  ['directory: a.db\n', null],
  ['- directory\n', null],
  ['directory: a.db\n bad:\n', null],
  ['directory: a.db\ndirectory: b.db\nsources: []\n', null],
  ['', null],
])('%j', async (text, place) => {
  writeFileSync(join(folder, 'config.yaml'), text);
  expect(await directoryIn(undefined, around(folder))).toBe(place === null ? null : join(folder, place));
});

test('a look-up answers although the rest of the file is faulty; a sync does not begin', async () => {
  await using site = await Site.of('corp');
  site.fill('corp', 'ada');
  site.configure();
  expect((await site.run('--once')).exit).toBe(0);
  site.configure((text) => text.replace('realm: corp', 'realmm: corp'));
  expect(await site.run('users')).toMatchObject({ exit: 0, out: expect.stringContaining('ada') });
  expect(await site.run('--once')).toMatchObject({ exit: 2, err: expect.stringContaining('realmm') });
});
