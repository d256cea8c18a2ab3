import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { expect, test } from 'vitest';
import { folder, parse, refusal, SOURCE } from './kit.ts';

const [one = '', two = ''] = rootCertificates;
const TEXT = `caFile: ca.pem\n${SOURCE}`;

test('the contents are in the configuration', () => {
  const pem = `# ours\n${one}\n${two}\n`;
  using files = folder({ 'ca.pem': pem });
  expect(parse(TEXT, { folder: files.path }).ca).toBe(pem);
});

const wrong: [string, Record<string, string>, string][] = [
  ['no file', {}, 'FILE does not exist'],
  [
    'no certificate',
    { 'ca.pem': 'hello' },
    'FILE holds no certificate; it must be PEM, with -----BEGIN CERTIFICATE-----',
  ],
  ['a damaged one', { 'ca.pem': `${one}\n${two.replace(/\n.{8}/, '\nAAAAAAAA')}` }, 'certificate 2 of FILE is damaged'],
];

test.each(wrong)('refuses: %s', (_name, content, message) => {
  using files = folder(content);
  const [fault] = refusal(TEXT, { folder: files.path }).faults;
  expect(fault).toMatchObject({ line: 1, column: 9, path: 'caFile', code: 'file' });
  expect(fault?.message.replace(join(files.path, 'ca.pem'), 'FILE')).toBe(message);
});
