import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { type CheckOptions, check } from '../../src/cli/check.ts';
import { folder, SOURCE } from '../config/kit.ts';

/** Runs the command; what it printed, and its exit status. */
async function run(options: CheckOptions, cwd: string, input: string[] = []) {
  const out = new PassThrough();
  const err = new PassThrough();
  const exit = await check(options, { out, err, in: Readable.from(input), env: {}, cwd });
  const printed = (stream: PassThrough) => String(stream.read() ?? '');
  return { exit, out: printed(out), err: printed(err) };
}

const RIGHT = SOURCE.replace('hunter2', '${env:KEYCLOAK_SECRET}');
const WRONG = `directry: ./a.db\n${SOURCE}`;

test('a file without fault, its secrets unopened', async () => {
  using files = folder({ 'config.yaml': RIGHT });
  expect(await run({}, files.path)).toEqual({ exit: 0, out: 'config.yaml: ok, 1 source\n', err: '' });
});

test('two sources, in a file of another name', async () => {
  using files = folder({ 'a.yaml': RIGHT + RIGHT.replace('sources:\n', '').replace('name: corp', 'name: two') });
  expect(await run({ config: 'a.yaml' }, files.path)).toEqual({ exit: 0, out: 'a.yaml: ok, 2 sources\n', err: '' });
});

test('faults', async () => {
  using files = folder({ 'config.yaml': WRONG });
  expect(await run({}, files.path)).toEqual({
    exit: 2,
    out: `config.yaml:1:1: directry: unknown key; did you mean \`directory\`?
  1 | directry: …
    | ^
`,
    err: '',
  });
});

test('standard input', async () => {
  using files = folder();
  expect(await run({ config: '-' }, files.path, [RIGHT])).toMatchObject({ exit: 0, out: '<stdin>: ok, 1 source\n' });
  expect((await run({ config: '-' }, files.path, [WRONG])).out).toMatch(/^<stdin>:1:1: directry: unknown key/);
});

test('no file', async () => {
  using files = folder();
  expect(await run({ config: 'a.yaml' }, files.path)).toEqual({
    exit: 2,
    out: 'a.yaml: there is no such file\n',
    err: '',
  });
});

test('for programs', async () => {
  using files = folder({ 'config.yaml': RIGHT, 'wrong.yaml': WRONG });
  const json = async (config: string) => {
    const { exit, out } = await run({ config, json: true }, files.path);
    return { exit, printed: JSON.parse(out) as unknown };
  };
  expect(await json('config.yaml')).toEqual({
    exit: 0,
    printed: { file: 'config.yaml', ok: true, sources: 1, tests: 0, faults: [] },
  });
  expect(await json('wrong.yaml')).toEqual({
    exit: 2,
    printed: {
      file: 'wrong.yaml',
      ok: false,
      sources: null,
      tests: null,
      faults: [
        {
          file: 'wrong.yaml',
          line: 1,
          column: 1,
          path: 'directry',
          code: 'unknown-key',
          message: 'unknown key; did you mean `directory`?',
        },
      ],
    },
  });
  expect(await json('nowhere.yaml')).toMatchObject({
    exit: 2,
    printed: { ok: false, faults: [{ line: null, column: null, path: '', code: 'file' }] },
  });
});
