import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

/** What is installed: a clone holds TypeScript, a package compiled JavaScript; each with or without a platform package. */
interface Tree {
  holds: 'clone' | 'package';
  beside: 'a Node.js' | 'nothing' | 'a Node.js that does not start';
}

interface Ended {
  status: number | null;
  signal: string | null;
  out: string;
  err: string;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Stands for the program: says who runs it, then does what its first argument asks. */
const PROGRAM = `
const [what, how] = process.argv.slice(2);
if (what === 'who') console.log(process.env['BESIDE'] ?? 'at hand', ...process.execArgv.filter((flag) => !flag.startsWith('data:') && flag !== '--import'));
if (what === 'args') console.log(JSON.stringify(process.argv.slice(2)));
if (what === 'exit') process.exit(Number(how));
if (what === 'die') process.kill(process.pid, String(how));
if (what === 'echo') process.stdin.pipe(process.stdout);
if (what === 'wait') {
  process.stdin.resume().on('end', () => process.exit(1));
  process.on(String(how), (signal) => {
    console.log('got ' + signal);
    process.exit(9);
  });
  console.log('ready');
}
export {};
`;
const TYPED = `const typed: string = 'TypeScript';\nvoid typed;\n${PROGRAM}`;

function install({ holds, beside }: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'rosterd-launcher-'));
  folders.push(root);
  cpSync(new URL('../../bin', import.meta.url), join(root, 'bin'), { recursive: true });
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  write('package.json', '{ "type": "module" }');
  if (holds === 'clone') write('src/main.ts', TYPED);
  else write('dist/src/main.js', PROGRAM);
  if (beside !== 'nothing') {
    const folder = `node_modules/node-${process.platform}-${process.arch}`;
    const shell = beside === 'a Node.js' ? '/bin/sh' : '/no/such/loader';
    write(`${folder}/package.json`, '{}');
    write(`${folder}/bin/node`, `#!${shell}\nBESIDE=beside exec '${process.execPath}' "$@"\n`, 0o755);
  }
  return root;
}

/** Starts a script of bin/ with a Node.js that says it is of another version, with the Node-API of that version. */
function start(root: string, version: string, args: string[], script = 'rosterd.js'): ChildProcess {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const napi = (major === 22 && minor >= 14) || (major === 23 && minor >= 6) || major > 23 ? '10' : '9';
  const versions = `{ ...process.versions, node: '${version}', napi: '${napi}' }`;
  const pretend = `Object.defineProperty(process, 'versions', { value: ${versions} })`;
  return spawn(process.execPath, ['--import', `data:text/javascript,${pretend}`, join(root, 'bin', script), ...args], {
    env: { PATH: process.env['PATH'] },
  });
}

async function end(child: ChildProcess): Promise<Ended> {
  const ended: Ended = { status: null, signal: null, out: '', err: '' };
  child.stdout?.on('data', (text) => (ended.out += text));
  child.stderr?.on('data', (text) => (ended.err += text));
  [ended.status, ended.signal] = await once(child, 'close');
  return ended;
}

const FLAGS = '--experimental-strip-types --disable-warning=ExperimentalWarning';

describe('which Node.js runs the program', () => {
  test.each([
    ['package', '22.14.0', 'a Node.js', 'at hand'],
    ['package', '23.6.0', 'nothing', 'at hand'],
    ['package', '24.21.0', 'nothing', 'at hand'],
    ['package', '23.5.0', 'a Node.js', 'beside'],
    ['package', '22.13.0', 'a Node.js', 'beside'],
    ['package', '20.20.2', 'a Node.js', 'beside'],
    ['package', '18.0.0', 'a Node.js', 'beside'],
    ['clone', '26.0.0', 'nothing', 'at hand'],
    ['clone', '24.3.0', 'a Node.js', 'at hand'],
    ['clone', '24.2.0', 'a Node.js', 'beside'],
    ['clone', '22.18.0', 'a Node.js', 'beside'],
    ['clone', '20.20.2', 'a Node.js', 'beside'],
    ['clone', '24.2.0', 'nothing', `at hand ${FLAGS}`],
    ['clone', '22.14.0', 'nothing', `at hand ${FLAGS}`],
  ] as const)('a %s, Node.js %s, %s beside it: %s', async (holds, version, beside, who) => {
    const ended = await end(start(install({ holds, beside }), version, ['who']));
    expect(ended).toEqual({ status: 0, signal: null, out: `${who}\n`, err: '' });
  });

  test.each([
    ['package', '20.20.2'],
    ['package', '22.13.0'],
    ['package', '23.5.0'],
    ['clone', '20.20.2'],
    ['clone', '22.13.0'],
  ] as const)(
    'a %s, Node.js %s, nothing beside it: one sentence, and the program is not loaded',
    async (holds, version) => {
      const ended = await end(start(install({ holds, beside: 'nothing' }), version, ['who']));
      expect(ended).toEqual({
        status: 2,
        signal: null,
        out: '',
        err:
          `rosterd needs Node.js 22.14, 23.6 or newer: this is ${version}, and none came with rosterd. Start it with a newer ` +
          'Node.js, or install it again without --omit=optional (Linux, and Windows on x64, then get one).\n',
      });
    },
  );

  test('one beside it that does not start, as on another C library: the sentence says so', async () => {
    const root = install({ holds: 'package', beside: 'a Node.js that does not start' });
    const { status, out, err } = await end(start(root, '20.20.2', ['who']));
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(
      /^rosterd needs Node\.js 22\.14, 23\.6 or newer: this is 20\.20\.2, and \S+ did not start \(.*ENOENT\)\./,
    );
    expect(err.match(/\n/g)).toHaveLength(1);
  });
});

describe('a program that runs in a process of its own', () => {
  const root = install({ holds: 'package', beside: 'a Node.js' });
  const run = (...args: string[]) => start(root, '20.20.2', args);

  test('gets the arguments as they are', async () => {
    const { out } = await end(run('args', '--flag', 'two words', '$HOME', ''));
    expect(JSON.parse(out)).toEqual(['args', '--flag', 'two words', '$HOME', '']);
  });

  test('reads standard input', async () => {
    const child = run('echo');
    child.stdin?.end('directory: a.db\n');
    expect(await end(child)).toMatchObject({ status: 0, out: 'directory: a.db\n' });
  });

  test.each([0, 1, 3, 137])('gives its exit status %i', async (status) => {
    expect(await end(run('exit', String(status)))).toEqual({ status, signal: null, out: '', err: '' });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'])('gives the signal %s that ended it', async (signal) => {
    expect(await end(run('die', signal))).toEqual({ status: null, signal, out: '', err: '' });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('gets %s, and is waited for', async (signal) => {
    const child = run('wait', signal);
    const ended = end(child);
    child.stdout?.once('data', () => child.kill(signal));
    expect(await ended).toEqual({ status: 9, signal: null, out: `ready\ngot ${signal}\n`, err: '' });
  });
});

describe('bin/node.js', () => {
  test.each([
    ['20.20.2', 'beside'],
    ['24.21.0', 'at hand'],
  ] as const)('runs any script: Node.js %s, %s', async (version, who) => {
    const root = install({ holds: 'clone', beside: 'a Node.js' });
    const script = join(root, 'src', 'main.ts');
    expect(await end(start(root, version, [script, 'who'], 'node.js'))).toMatchObject({ status: 0, out: `${who}\n` });
  });
});
