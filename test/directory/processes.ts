import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type TestContext, test } from 'vitest';

/** The user, and the group, that own nothing. */
export const NOBODY = 65534;

export const isRoot = process.getuid?.() === 0;

/** A test that needs another user, a mount or a namespace. Elsewhere it is skipped, but never silently in CI. */
export function testAsRoot(name: string, body: (context: TestContext) => Promise<void>): void {
  if (isRoot) test(name, body);
  else if (process.env.CI) {
    test(name, () => {
      throw new Error('this test needs root, and CI is where it must not be skipped');
    });
  } else test.skip(`${name} (skipped: needs root)`, body);
}

/** A folder as an operator sets it up: everybody may look into it, only its owner may write there. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'rosterd-test-'));
  readonly directory = join(this.path, 'directory.db');

  constructor() {
    chmodSync(this.path, 0o755);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** Another process, spoken to by lines. */
export class Process implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];
  #out = '';
  #err = '';

  /** @param command the program and its arguments */
  constructor(command: readonly string[], options: { uid?: number; env?: NodeJS.ProcessEnv; detached?: boolean } = {}) {
    const [program = '', ...args] = command;
    const { uid, env, detached } = options;
    this.child = spawn(program, args, {
      stdio: 'pipe',
      detached: detached === true,
      env: { ...process.env, ...env },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const { stdout, stderr } = this.child;
    if (!stdout || !stderr) throw new Error('the process has pipes');
    createInterface({ input: stdout }).on('line', (line) => {
      this.#out += `${line}\n`;
      const first = this.#waiting.shift();
      if (first) first(line);
      else this.#lines.push(line);
    });
    stderr.setEncoding('utf8').on('data', (text) => {
      this.#err += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) => {
        for (const waiting of this.#waiting.splice(0)) waiting('');
        resolve({ code, signal, out: this.#out, err: this.#err });
      });
    });
  }

  /** The next line that it prints; fails when it ends without one. */
  async line(): Promise<string> {
    const line = this.#lines.shift() ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve)));
    if (line === '') throw new Error(`the process ended instead of answering: ${this.#err}`);
    return line;
  }

  async json<T>(): Promise<T> {
    // The script that runs there prints what the caller asks for.
    return JSON.parse(await this.line()) as T;
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** What it wrote to standard error so far. */
  err(): string {
    return this.#err;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending> {
    this.child.kill(signal);
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.kill();
  }
}

/** The command that runs a script of this folder in another process. */
export const script = (name: string, task: object): string[] => [
  process.execPath,
  fileURLToPath(new URL(name, import.meta.url)),
  JSON.stringify(task),
];
