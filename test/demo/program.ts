import { spawn } from 'node:child_process';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const program = join(root, 'bin', 'rosterd.js');

/**
 * Runs rosterd as a person would, in a process of its own, printing the command before its output.
 * @param only of its output, the lines that match
 * @throws Error when it ends with another status
 */
export async function rosterd(config: string, args: readonly string[], expected = 0, only?: RegExp): Promise<void> {
  const words = ['--config', config, ...args];
  process.stdout.write(`$ node ${relative(process.cwd(), program)} ${words.map(quoted).join(' ')}\n`);
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ['ignore', only ? 'pipe' : 'inherit', 'inherit'],
  });
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const status = await new Promise<string | number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
  for (const line of printed.split('\n')) if (only?.test(line)) process.stdout.write(`${line}\n`);
  if (status !== expected) throw new Error(`that command ended with ${status}, and ${expected} was expected.`);
}

const quoted = (word: string) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`);
