import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';

const VALUE = 'hunter2';
const secret = Secret.of(VALUE);
const around = { name: 'corp', own: { clientSecret: secret, list: [secret] } };

test('opens', () => {
  expect(secret.open()).toBe(VALUE);
});

test('reads anew each time', () => {
  let count = 0;
  const rotating = new Secret(() => String(++count));
  expect([rotating.open(), rotating.open()]).toEqual(['1', '2']);
});

const ways: [string, () => unknown, unknown][] = [
  ['a template string', () => `<${secret}>`, '<[secret]>'],
  // biome-ignore lint/style/useTemplate: concatenation is what is tested
  ['the plus sign', () => '' + (secret as unknown as string), '[secret]'],
  ['a list joined', () => [secret, secret].join(), '[secret],[secret]'],
  ['a key', () => Object.keys({ [String(secret)]: 1 }), ['[secret]']],
  ['a number', () => Number(secret), Number.NaN],
  ['JSON', () => JSON.stringify(around), '{"name":"corp","own":{"clientSecret":"[secret]","list":["[secret]"]}}'],
  ['indented JSON', () => JSON.stringify([secret], null, 1), '[\n "[secret]"\n]'],
  ['inspect', () => inspect(secret), '[secret]'],
  ['inspect, deep', () => inspect(around), "{ name: 'corp', own: { clientSecret: [secret], list: [ [secret] ] } }"],
  ['format %s', () => format('%s', secret), '[secret]'],
  ['format %j', () => format('%j', secret), '"[secret]"'],
  ['format %o', () => format('%o', secret), '[secret]'],
  ['format %d', () => format('%d', secret), 'NaN'],
  ['an error', () => new Error(`cannot sign in with ${secret}`).message, 'cannot sign in with [secret]'],
  ['a copy of its own', () => JSON.stringify({ ...secret }), '{}'],
  ['its keys', () => Object.keys(secret), ['secret']],
  ['its values', () => Object.values(secret).map((value) => value()), ['[secret]']],
];

test.each(ways)('hides from %s', (_way, print, expected) => {
  expect(print()).toEqual(expected);
});

test('hides from inspect with everything shown', () => {
  const options = { depth: 9, showHidden: true, customInspect: false, getters: true };
  expect(inspect(around, options)).not.toContain(VALUE);
});

test('hides from an error with its cause and properties', () => {
  const error = Object.assign(new Error('refused', { cause: secret }), { config: around });
  expect(inspect(error, { depth: 9 })).not.toContain(VALUE);
});

test('hides from pino', async () => {
  const stream = new PassThrough();
  const log = pino({ base: null, timestamp: false }, stream);
  log.info({ secret, around, err: Object.assign(new Error('no'), { secret }) }, 'with %s %o', secret, secret);
  log.info(secret, 'as the object');
  stream.end();
  const written = await text(stream);
  expect(written).not.toContain(VALUE);
  expect(written).toContain('with [secret]');
});

test('hides from console.log', () => {
  const lines: string[] = [];
  const console = new Console(new PassThrough().on('data', (chunk) => lines.push(String(chunk))));
  console.log(around, secret);
  console.table([{ secret }]);
  expect(lines.join('')).not.toContain(VALUE);
});

const copies: [string, (value: unknown) => unknown][] = [
  ['structuredClone', (value) => structuredClone(value)],
  ['a message to a worker', (value) => new MessageChannel().port1.postMessage(value)],
  ['v8.serialize', (value) => serialize(value)],
];

test.each(copies)('%s throws, and does not show it', (_way, copy) => {
  for (const value of [secret, around, [secret], new Map([['a', secret]])]) {
    expect(() => copy(value)).toThrow('aSecretIsNeverCloned');
    expect(() => copy(value)).not.toThrow(VALUE);
  }
});

test('cannot be made to show itself', () => {
  expect(() => Object.assign(secret, { toJSON: () => 'x' })).toThrow(TypeError);
  expect(Reflect.ownKeys(secret)).toEqual(['secret']);
});
