import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { watchFile } from '../../src/daemon/watch-file.ts';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const soon = () => new Promise((resolve) => setTimeout(resolve, 80));

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'rosterd-watch-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function watching(path: string, text: string) {
  const told: string[] = [];
  let used = text;
  const watch = watchFile(
    path,
    () => hash(used),
    hash(text),
    { changed: (sha256) => told.push(sha256), back: () => told.push('back') },
    10,
  );
  onTestFinished(() => watch.stop());
  const take = (other: string) => {
    used = other;
    watch.seen(hash(other));
  };
  return { watch, told, take };
}

test('another content is told once, and that it is the one in use again', async () => {
  const path = join(folder(), 'config.yaml');
  writeFileSync(path, 'one');
  const { told } = watching(path, 'one');
  await soon();
  expect(told).toEqual([]);
  writeFileSync(path, 'two');
  await soon();
  writeFileSync(path, 'two');
  await soon();
  expect(told).toEqual([hash('two')]);
  writeFileSync(path, 'one');
  await soon();
  expect(told).toEqual([hash('two'), 'back']);
});

test('what was taken into use is not told again', async () => {
  const path = join(folder(), 'config.yaml');
  writeFileSync(path, 'one');
  const { told, take } = watching(path, 'one');
  writeFileSync(path, 'two');
  await soon();
  take('two');
  await soon();
  expect(told).toEqual([hash('two')]);
});

test('what was read and refused before anybody looked is not told; that the file is the one in use again is', async () => {
  const path = join(folder(), 'config.yaml');
  writeFileSync(path, 'one');
  const { watch, told } = watching(path, 'one');
  await soon();
  // Both happen between two looks.
  watch.seen(hash('two'));
  writeFileSync(path, 'two');
  await soon();
  expect(told).toEqual([]);
  writeFileSync(path, 'one');
  await soon();
  expect(told).toEqual(['back']);
  watch.seen(hash('two'));
  await soon();
  expect(told).toEqual(['back', 'back']);
});

test('a file that could not be read is told as soon as it can be', async () => {
  const path = join(folder(), 'config.yaml');
  const { watch, told } = watching(path, 'one');
  watch.seen(null);
  await soon();
  expect(told).toEqual([]);
  writeFileSync(path, 'one');
  await soon();
  expect(told).toEqual(['back']);
});

test('a ConfigMap is changed by turning a link above the file', async () => {
  const at = folder();
  for (const [name, text] of [
    ['v1', 'one'],
    ['v2', 'two'],
  ] as const) {
    mkdirSync(join(at, name));
    writeFileSync(join(at, name, 'config.yaml'), text);
  }
  symlinkSync('v1', join(at, '..data'));
  symlinkSync(join('..data', 'config.yaml'), join(at, 'config.yaml'));
  const { told } = watching(join(at, 'config.yaml'), 'one');
  await soon();
  symlinkSync('v2', join(at, '..data_tmp'));
  renameSync(join(at, '..data_tmp'), join(at, '..data'));
  await soon();
  expect(told).toEqual([hash('two')]);
});

test('a file that is gone for a moment is nothing new', async () => {
  const path = join(folder(), 'config.yaml');
  writeFileSync(path, 'one');
  const { told } = watching(path, 'one');
  rmSync(path);
  await soon();
  writeFileSync(path, 'one');
  await soon();
  expect(told).toEqual([]);
});
