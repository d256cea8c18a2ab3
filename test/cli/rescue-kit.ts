import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { program } from '../../src/cli/program.ts';
import { SOURCE } from '../config/kit.ts';
import type { Directory } from '../sync/kit.ts';

/** Runs the program in this process beside a directory, as its operator would. */
export async function rosterd(
  directory: Directory,
  ...args: string[]
): Promise<{ exit: number; out: string; err: string }> {
  writeFileSync(join(directory.folder, 'config.yaml'), `directory: ./directory.db\n${SOURCE}`);
  const [out, err] = [new PassThrough(), new PassThrough()];
  const texts = { out: '', err: '' };
  out.on('data', (text) => (texts.out += String(text)));
  err.on('data', (text) => (texts.err += String(text)));
  const env = { ...process.env, ROSTERD_ACTOR: 'ada' };
  const exit = await program({ out, err, in: Readable.from([]), env, cwd: directory.folder }, args);
  // Paths, times and sizes are another at every run.
  const plain = (text: string) =>
    text
      .replaceAll(`${directory.folder}/`, '')
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'TIME')
      .replaceAll(/\d{8}T\d{6}Z/g, 'STAMP');
  return { exit, out: plain(texts.out), err: plain(texts.err) };
}
