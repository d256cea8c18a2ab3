import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** An emulator's command in a process of its own, which ends with the test at the latest. */
export interface Started {
  /** What it had printed when it introduced itself, or ended. */
  text: string;
  ended: Promise<number | null>;
  /** Ctrl-C. */
  interrupt(): void;
  /** The configuration file that it printed. */
  config(): ReturnType<typeof parse>;
}

/** Starts the command of a vendor and waits for its introduction, or its end. */
export async function startCommand(vendor: string, ...args: string[]): Promise<Started> {
  const child = spawn(process.execPath, [main, vendor, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  let text = '';
  const introduced = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('Ctrl-C')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });
  await Promise.race([introduced, ended]);
  return {
    text,
    ended,
    interrupt: () => void child.kill('SIGINT'),
    config: () => parse(text.slice(text.indexOf('directory:'), text.indexOf('Ctrl-C'))),
  };
}
