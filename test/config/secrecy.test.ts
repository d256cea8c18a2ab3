import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { ConfigurationError } from '../../src/config/load.ts';
import { check, refusal, SOURCE } from './kit.ts';

// Whatever slip of the hand a file suffers, no message may show the credential in it.
const CREDENTIAL = 'Zq7xK2vWm9';
const FILE = `# the file
directory: ./data/directory.db
log: { level: info, format: json }
x-server: &server
  url: https://id.example.com
${SOURCE.replace('hunter2', CREDENTIAL)}  - { <<: *server, name: two, type: keycloak, realm: two, clientId: rosterd, clientSecret: ${CREDENTIAL} }
  - name: three
    type: keycloak
    <<: *server
    clientSecret: |
      -----BEGIN KEY-----
      ${CREDENTIAL}
      -----END KEY-----
    clientId: rosterd
    realm: three
  - name: four
    type: keycloak
    <<: *server
    users:
      where: user.userType != "Guest"
      attributes:
        title: |
          coalesce(user.title,
            user.department)
    clientSecret: ${CREDENTIAL}
    groups: { where: 'group.name != "x"' }
    clientId: rosterd
    realm: four
`;

const ELSEWHERE = new RegExp(
  `${CREDENTIAL}[\\w-]*["']? *:|\\b(directory|level|format|url|name|type|realm|clientId): *\\S*${CREDENTIAL}|user\\.[^:\\n]*${CREDENTIAL}`,
);

const position = fc.integer({ min: 0, max: FILE.length });
const slip = fc.oneof(
  fc.record({ at: position, remove: fc.integer({ min: 0, max: 12 }), insert: fc.constant('') }),
  fc.record({
    at: position,
    remove: fc.integer({ min: 0, max: 2 }),
    insert: fc.constantFrom(...'\n\t "\'{}[],:#|>&*!%@`-?$', ': ', '\n  ', '\n    ', '- ', '${', ' #', 'x: '),
  }),
);
// RUNS=10000 looks further, elsewhere each time.
const runs = process.env.RUNS ? { numRuns: Number(process.env.RUNS) } : { numRuns: 200, seed: 7 };
const slips = fc
  .array(slip, { minLength: 1, maxLength: 3 })
  .map((list) =>
    list.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), FILE),
  );

test('no message shows a credential', async () => {
  await fc.assert(
    fc.asyncProperty(slips, async (text) => {
      // A slip inside of the credential makes another one, which cannot be looked for; one before it may make it the value
      // of another key, a key itself, or a word of an expression, which nobody can know.
      fc.pre(text.includes(CREDENTIAL) && !ELSEWHERE.test(text));
      try {
        await check(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigurationError);
        if (error instanceof ConfigurationError)
          expect(JSON.stringify([error.message, error.faults])).not.toContain(CREDENTIAL);
      }
    }),
    runs,
  );
});

test('what YAML has an error or a warning about is refused', () => {
  fc.assert(
    fc.property(slips, (text) => {
      const { errors, warnings } = parseDocument(text, { version: '1.2', uniqueKeys: false, logLevel: 'error' });
      fc.pre(errors.length + warnings.length > 0);
      expect(refusal(text).faults.length).toBeGreaterThan(0);
    }),
    runs,
  );
});

const spills: [string, string][] = [
  ['a misspelt key', `clientSecrt: ${CREDENTIAL}`],
  ['no space after the colon', `clientSecret:${CREDENTIAL}`],
  ['no colon', `clientSecret ${CREDENTIAL}`],
  ['a quote left open', `clientSecret: "${CREDENTIAL}`],
  ['a tag', `clientSecret: !${CREDENTIAL}`],
  ['an anchor', `clientSecret: &${CREDENTIAL}`],
  ['an alias', `clientSecret: *${CREDENTIAL}`],
  ['a reserved sign', `clientSecret: @${CREDENTIAL}`],
  ['a colon within', `clientSecret: a: ${CREDENTIAL}`],
  ['a reference of no kind', `clientSecret: \${${CREDENTIAL}}`],
  ['a reference of another kind', `clientSecret: \${${CREDENTIAL}:x}`],
  ['a reference without its end', `clientSecret: \${env:${CREDENTIAL}`],
  ['a list', `clientSecret: [${CREDENTIAL}]`],
  ['a key of its own', `clientSecret: { value: ${CREDENTIAL} }`],
  ['in the address', `url: https://rosterd:${CREDENTIAL}@id.example.com`],
  ['a second time', `clientSecret: a\n    clientSecret: ${CREDENTIAL}`],
];

test.each(spills)('hidden: %s', (_name, line) => {
  const error = refusal(SOURCE.replace('clientSecret: hunter2', line));
  expect(error.faults.length).toBeGreaterThan(0);
  expect(JSON.stringify([error.message, error.faults])).not.toContain(CREDENTIAL);
});
