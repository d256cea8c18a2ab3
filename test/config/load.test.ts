import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectorTypes } from '../../connectors/registry.ts';
import { ConfigurationError, loadConfig, openSecrets } from '../../src/config/load.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import { Secret } from '../../src/model/secret.ts';
import { around, folder, LEFT_OUT, parse, SOURCE } from './kit.ts';

const load = (path: string | undefined, io: ReturnType<typeof around>, secrets: 'leave' | 'open' = 'leave') =>
  loadConfig(path, { types: connectorTypes, io, secrets });

const refused = async (path: string | undefined, io: ReturnType<typeof around>): Promise<string> => {
  const error = await load(path, io).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigurationError);
  return error instanceof ConfigurationError ? error.message : '';
};

test('every key', async () => {
  using files = folder({
    'config.yaml': `
directory: /var/lib/rosterd/directory.db
log: { level: debug, format: json }
schedule: "@hourly"
timezone: Europe/Oslo
runOnStart: false
shutdownTimeout: 5s
reload: onChange
http: { listen: "[::1]:8080", token: sesame }
notify: { webhook: https://hooks.example.com/x, secret: y, format: slack, failures: 5 }
backups: { dir: ./backups, keep: 3, schedule: "0 4 * * 0" }
sources:
  - name: corp
    type: keycloak
    url: https://id.example.com/auth
    realm: corp
    authRealm: master
    clientId: rosterd
    clientSecret: hunter2
    nestedGroups: direct
    onMissing: keep
    confirmMissing: false
    deleteAfter: 90d
    fullEvery: 36h
    paused: true
    schedule: "*/30 * * * * *"
    limits: { deactivate: 50, disable: 5%, removeGroups: "7", removeMembers: "12.5%", rename: 0, create: 100%, addMembers: 0% }
`,
  });
  const config = await load(undefined, around(files.path));
  expect(config).toEqual({
    file: 'config.yaml',
    path: join(files.path, 'config.yaml'),
    folder: files.path,
    text: expect.any(Secret),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    directory: '/var/lib/rosterd/directory.db',
    log: { level: 'debug', format: 'json' },
    service: {
      timezone: 'Europe/Oslo',
      runOnStart: false,
      shutdownTimeout: 5000,
      reload: 'onChange',
      http: { listen: '[::1]:8080', token: expect.any(Secret) },
      notify: { webhook: expect.any(Secret), secret: expect.any(Secret), format: 'slack', failures: 5 },
      backups: { dir: './backups', keep: 3, schedule: '0 4 * * 0' },
    },
    customAttributes: [],
    localGroups: [],
    localLimits: { removeMembers: { share: 0.3 } },
    tables: {},
    tests: [],
    sources: [
      {
        name: 'corp',
        type: 'keycloak',
        nestedGroups: 'direct',
        onMissing: 'keep',
        confirmMissing: false,
        deleteAfter: 90 * 86_400_000,
        fullEvery: 36 * 3_600_000,
        paused: true,
        schedule: '*/30 * * * * *',
        limits: {
          deactivate: { count: 50 },
          disable: { share: 0.05 },
          removeGroups: { count: 7 },
          removeMembers: { share: 0.125 },
          rename: { count: 0 },
          create: { share: 1 },
          addMembers: { share: 0 },
        },
        own: {
          url: 'https://id.example.com/auth',
          realm: 'corp',
          authRealm: 'master',
          clientId: 'rosterd',
          clientSecret: expect.any(Secret),
        },
      },
    ],
  });
});

test('what is left out has its default', async () => {
  using files = folder({ 'config.yaml': SOURCE });
  const config = await load(undefined, around(files.path));
  expect(config.directory).toBe(join(files.path, 'data/directory.db'));
  expect(config.log).toEqual({ level: 'info', format: 'auto' });
  expect(config.sources[0]).toMatchObject(LEFT_OUT);
  const service = { timezone: 'UTC', runOnStart: true, shutdownTimeout: 25_000, reload: 'signal' };
  expect(config.service).toEqual(service);
  expect(config.ca).toBeUndefined();
});

test('limits are merged with their defaults, key by key', async () => {
  const { limits } =
    parse(`${SOURCE}    limits: { rename: 3, addMembers: ${'$'}{env:MOST} }\n`, { env: { MOST: '20%' } }).sources[0] ??
    {};
  expect(limits).toEqual({ ...DEFAULT_LIMITS, rename: { count: 3 }, addMembers: { share: 0.2 } });
});

test('--config, else ROSTERD_CONFIG, else ./config.yaml', async () => {
  const named = (name: string) => SOURCE.replace('corp', name);
  using files = folder({ 'config.yaml': named('default'), 'env.yaml': named('env'), 'given.yaml': named('given') });
  const env = { ROSTERD_CONFIG: 'env.yaml' };
  const names = [
    await load('given.yaml', around(files.path, env)),
    await load(undefined, around(files.path, env)),
    await load(undefined, around(files.path, { ROSTERD_CONFIG: '' })),
    await load(join(files.path, 'given.yaml'), around('/')),
  ].map((config) => config.sources[0]?.name);
  expect(names).toEqual(['given', 'env', 'default', 'given']);
});

test('relative paths start at the folder of the file', async () => {
  using files = folder({ 'realm.txt': 'staff\n' });
  mkdirSync(join(files.path, 'etc'));
  const text = `directory: ../a.db\n${SOURCE.replace('realm: corp', 'realm: ${file:../realm.txt}')}`;
  writeFileSync(join(files.path, 'etc/rosterd.yaml'), text);
  const config = await load('etc/rosterd.yaml', around(files.path));
  expect(config.directory).toBe(join(files.path, 'a.db'));
  expect(config.sources[0]?.own).toMatchObject({ realm: 'staff' });
});

test('standard input: relative paths start at the working folder', async () => {
  using files = folder();
  const bytes = Buffer.from(`# ü\ndirectory: a.db\n${SOURCE}`);
  const config = await load('-', around(files.path, {}, [bytes.subarray(0, 3), bytes.subarray(3)]));
  expect(config).toMatchObject({ file: '<stdin>', path: '-', directory: join(files.path, 'a.db') });
  const again = await load(undefined, around(files.path, { ROSTERD_CONFIG: '-' }, [bytes]));
  expect(again.sha256).toBe(config.sha256);
});

test('the hash is that of the bytes', async () => {
  const bytes = Buffer.from(`\uFEFF${SOURCE.replaceAll('\n', '\r\n')}`);
  using files = folder({ 'config.yaml': bytes });
  const config = await load(undefined, around(files.path));
  expect(config.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test('the text can be parsed again, elsewhere', async () => {
  using files = folder({ 'config.yaml': SOURCE });
  const config = await load(undefined, around(files.path));
  expect(parse(config.text.open()).sources[0]?.name).toBe('corp');
});

test('a byte order mark is no part of the file', async () => {
  using files = folder({ 'config.yaml': `\uFEFFdirectry: a.db\n${SOURCE}` });
  expect(await refused(undefined, around(files.path))).toMatch(/^config\.yaml:1:1: directry: unknown key/);
});

const unreadable: [string, Record<string, string | Uint8Array>, string | undefined, string][] = [
  ['no file', {}, 'nowhere.yaml', 'nowhere.yaml: there is no such file'],
  [
    'no file by default',
    {},
    undefined,
    'config.yaml: there is no such file in FOLDER; name one with --config FILE or in ROSTERD_CONFIG',
  ],
  ['a folder', {}, '.', '.: this is a folder; name the file in it'],
  ['below a file', { a: '' }, 'a/b.yaml', 'a/b.yaml: there is no such file'],
  [
    'not UTF-8',
    { 'a.yaml': Buffer.from('# one\n# caf\u00e9\n', 'latin1') },
    'a.yaml',
    'a.yaml:2: not UTF-8 text; save it as UTF-8',
  ],
  [
    'UTF-16',
    { 'a.yaml': Buffer.from(`\uFEFF${SOURCE}`, 'utf16le') },
    'a.yaml',
    'a.yaml:1: not UTF-8 text; save it as UTF-8',
  ],
  [
    'too large',
    { 'a.yaml': '#'.repeat(16 * 1024 * 1024 + 1) },
    'a.yaml',
    'a.yaml: larger than 16 MiB; is this the file?',
  ],
];

test.each(unreadable)('refuses: %s', async (_name, content, path, message) => {
  using files = folder(content);
  expect((await refused(path, around(files.path))).replaceAll(files.path, 'FOLDER')).toBe(message);
});

// The superuser may read everything.
test.skipIf(process.getuid?.() === 0)('refuses: no permission', async () => {
  using files = folder({ 'config.yaml': SOURCE });
  chmodSync(join(files.path, 'config.yaml'), 0);
  expect(await refused(undefined, around(files.path))).toBe(
    'config.yaml: no permission to read this file; give the user that runs rosterd the right to read it',
  );
});

test('refuses: a control character', async () => {
  using files = folder({ 'config.yaml': `${SOURCE}# \u001b[2J\n` });
  expect(await refused(undefined, around(files.path))).toBe(
    'config.yaml:8:3: a control character, which YAML does not allow; remove it\n  8 | …\n    |  ^',
  );
});

test('an error has exit status 2 and a code', async () => {
  using files = folder();
  await expect(load(undefined, around(files.path))).rejects.toMatchObject({
    name: 'ConfigurationError',
    code: 'configuration',
    exit: 2,
    faults: [{ file: 'config.yaml', line: null, column: null, path: '', code: 'file', excerpt: null }],
  });
});

test('secrets are opened at the start, or not at all', async () => {
  using files = folder({ 'config.yaml': SOURCE.replace('hunter2', '${env:KC_SECRET}') });
  const left = await load(undefined, around(files.path));
  const message = `config.yaml:7:19: sources[0].clientSecret: the environment variable KC_SECRET is not set
  7 |     clientSecret: \${env:KC_SECRET}
    |                   ^`;
  expect(() => openSecrets(left)).toThrow(new ConfigurationError([]).constructor as typeof ConfigurationError);
  expect(() => openSecrets(left)).toThrow(message);
  await expect(load(undefined, around(files.path), 'open')).rejects.toThrow(message);
  const opened = await load(undefined, around(files.path, { KC_SECRET: 'x' }), 'open');
  expect(() => openSecrets(opened)).not.toThrow();
});

test('secrets of some sources', async () => {
  const one = SOURCE.replace('hunter2', '${file:one}');
  const two = one.replace('sources:\n', '').replace('name: corp', 'name: two').replace('one}', 'two}');
  using files = folder({ 'config.yaml': one + two, two: 'x' });
  const config = await load(undefined, around(files.path));
  expect(() => openSecrets(config, ['two'])).not.toThrow();
  expect(() => openSecrets(config, [])).not.toThrow();
  expect(() => openSecrets(config, ['corp', 'two'])).toThrow(`the file ${join(files.path, 'one')} does not exist`);
});
