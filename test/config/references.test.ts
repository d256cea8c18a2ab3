import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Config } from '../../src/config/load.ts';
import { Secret } from '../../src/model/secret.ts';
import { folder, LEFT_OUT, parse, refusal } from './kit.ts';

const types = {
  test: {
    schema: z.strictObject({
      text: z.string().optional(),
      secret: z.instanceof(Secret).optional(),
      inside: z.strictObject({ passphrase: z.instanceof(Secret) }).optional(),
      list: z.array(z.string()).optional(),
    }),
  },
};

// What a schema above gave: the configuration says no more of it than `unknown`.
const ownOf = (config: Config): unknown => config.sources[0]?.own;

/** What the key `text` becomes, and what `secret` opens to, when both hold this. */
function both(value: string, env: Record<string, string> = {}, at = '/nowhere'): (string | undefined)[] {
  const yaml = `sources: [{ name: a, type: test, text: ${value}, secret: ${value} }]`;
  const own = ownOf(parse(yaml, { types, env, folder: at })) as { text?: string; secret?: Secret };
  return [own.text, own.secret?.open()];
}

const texts: [string, string, string][] = [
  ['a text without one', 'abc', 'abc'],
  ['a variable', '${env:A}', 'one'],
  ['a variable in quotes', '"${env:A}"', 'one'],
  ['between other text', 'a-${env:A}-b', 'a-one-b'],
  ['two of them', '${env:A}${env:B}', 'onetwo'],
  ['what looks like one inside of one is not replaced', '${env:NESTED}', '${env:A}'],
  ['a number stays a text', '${env:NUMBER}', '007'],
  ['white space and line ends of a variable are kept', '${env:SPACES}', ' a \n'],
  ['an escape', '$${env:A}', '${env:A}'],
  ['an escape before one', "'$${${env:A}'", '${one'],
  ['other dollars', "'$A $$ $1 {$} $'", '$A $$ $1 {$} $'],
];

test.each(texts)('%s: %s', (_name, value, expected) => {
  const env = { A: 'one', B: 'two', NESTED: '${env:A}', NUMBER: '007', SPACES: ' a \n' };
  expect(both(value, env)).toEqual([expected, expected]);
});

const contents: [string, string, string][] = [
  ['a file', 'abc', 'abc'],
  ['one newline at its end is dropped', 'abc\n', 'abc'],
  ['one newline of Windows too', 'abc\r\n', 'abc'],
  ['a second one is kept', 'abc\n\n', 'abc\n'],
  ['other lines are kept', '-----BEGIN\nabc\n-----END\n', '-----BEGIN\nabc\n-----END'],
  ['blanks are kept', ' abc ', ' abc '],
];

test.each(contents)('%s', (_name, content, expected) => {
  using files = folder({ 'secret.txt': content });
  expect(both('${file:secret.txt}', {}, files.path)).toEqual([expected, expected]);
  expect(both(`\${file:${join(files.path, 'secret.txt')}}`)).toEqual([expected, expected]);
});

test('a secret is read anew each time it is opened', () => {
  using files = folder({ token: 'first\n' });
  const env: Record<string, string> = { A: '1' };
  const yaml = 'sources: [{ name: a, type: test, secret: "${file:token}-${env:A}" }]';
  const { secret } = ownOf(parse(yaml, { types, env, folder: files.path })) as { secret: Secret };
  expect(secret.open()).toBe('first-1');
  writeFileSync(join(files.path, 'token'), 'second\n');
  env.A = '2';
  expect(secret.open()).toBe('second-2');
  writeFileSync(join(files.path, 'token'), '');
  expect(() => secret.open()).toThrow(`config.yaml:1:42: sources[0].secret: the file ${files.path}/token is empty`);
});

test('no secret is opened unless asked for, and every other reference is', () => {
  const yaml = 'sources: [{ name: a, type: test, secret: "${env:NO}", inside: { passphrase: "${file:no}" } }]';
  expect(() => parse(yaml, { types })).not.toThrow();
  expect(refusal(yaml, { types, secrets: 'open' }).faults.map(({ path, code }) => [path, code])).toEqual([
    ['sources[0].secret', 'secret'],
    ['sources[0].inside.passphrase', 'secret'],
  ]);
  expect(refusal(yaml.replace('secret:', 'text:'), { types }).faults).toMatchObject([{ code: 'reference' }]);
});

test('the syntax of a secret is checked without opening it', () => {
  const yaml = 'sources: [{ name: a, type: test, secret: "${vault:x}" }]';
  expect(refusal(yaml, { types }).faults).toMatchObject([{ path: 'sources[0].secret', code: 'reference' }]);
});

test('in lists, log and the type', () => {
  const yaml = 'log: { level: "${env:L}" }\nsources: [{ name: a, type: "${env:T}", list: [a, "${env:L}"] }]';
  const config = parse(yaml, { types, env: { L: 'warn', T: 'test' } });
  expect(config.log.level).toBe('warn');
  expect(config.sources).toEqual([{ ...LEFT_OUT, name: 'a', type: 'test', own: { list: ['a', 'warn'] } }]);
});

test('what is not read is not opened', () => {
  const yaml = 'notifies: { secret: "${env:NO}" }\nsources: [{ name: a, type: test, txt: "${env:NO}" }]';
  expect(refusal(yaml, { types, secrets: 'open' }).faults.map(({ code }) => code)).toEqual([
    'unknown-key',
    'unknown-key',
  ]);
});
