import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchema } from '../../src/config/json-schema.ts';
import { Secret } from '../../src/model/secret.ts';
import { LEFT_OUT, parse, refusal } from './kit.ts';

// The keys of a type of source are a connector's: these stand for any.
const types = {
  one: {
    schema: z
      .strictObject({
        tenantId: z.uuid().optional(),
        apiToken: z.instanceof(Secret).optional().describe('A token'),
        certificate: z.strictObject({ path: z.string(), passphrase: z.instanceof(Secret).optional() }).optional(),
        perMinute: z.int().min(1).max(100).default(50),
        domains: z.array(z.string().min(1)).min(2).optional(),
        exact: z.boolean().optional(),
        statuses: z.record(z.string(), z.enum(['active', 'inactive'])).optional(),
      })
      .refine((own) => own.apiToken !== undefined || own.certificate !== undefined, {
        message: 'expected `apiToken` or `certificate`',
      }),
  },
  two: { schema: z.strictObject({ url: z.string() }) },
};

test('each source has what the schema of its type gives', () => {
  const { sources } = parse(
    'sources: [{ name: a, type: one, apiToken: t }, { name: b, type: two, url: u, nestedGroups: direct }]',
    { types },
  );
  expect(sources).toEqual([
    { ...LEFT_OUT, name: 'a', type: 'one', own: { apiToken: expect.any(Secret), perMinute: 50 } },
    { ...LEFT_OUT, name: 'b', type: 'two', nestedGroups: 'direct', own: { url: 'u' } },
  ]);
});

const faults: [string, string, string[]][] = [
  ['a rule of the whole source', 'nestedGroups: direct', ['sources[0]: expected `apiToken` or `certificate`']],
  ['a number too large', 'apiToken: t, perMinute: 101', ['sources[0].perMinute: expected at most 100']],
  ['a number too small', 'apiToken: t, perMinute: 0', ['sources[0].perMinute: expected at least 1']],
  ['a fraction', 'apiToken: t, perMinute: 1.5', ['sources[0].perMinute: expected a whole number, not a fraction']],
  ['a text for a number', 'apiToken: t, perMinute: "50"', ['sources[0].perMinute: expected a number, not a text']],
  ['too few', 'apiToken: t, domains: [a]', ['sources[0].domains: expected at least 2 items']],
  ['an item', 'apiToken: t, domains: [a, ""]', ['sources[0].domains[1]: expected a text that is not empty']],
  ['yes', 'apiToken: t, exact: yes', ['sources[0].exact: expected true or false, not a text']],
  ['a key within', 'certificate: { paht: a }', ['sources[0].certificate.paht: unknown key; did you mean `path`?']],
  [
    'a value of a record',
    'apiToken: t, statuses: { LOCKED: off }',
    ['sources[0].statuses.LOCKED: expected one of `active`, `inactive`, not `off`'],
  ],
  ['a format', 'apiToken: t, tenantId: 7d1c', ['sources[0].tenantId: expected a valid UUID']],
  [
    'a key of another type',
    'apiToken: t, url: u',
    [
      'sources[0].url: unknown key; expected one of `tenantId`, `apiToken`, `certificate`, `perMinute`, `domains`, `exact`, `statuses`, `name`, `nestedGroups`, `schedule`, `users`, `groups`, `onMissing`, `confirmMissing`, `deleteAfter`, `fullEvery`, `paused`, `limits`, `type`',
    ],
  ],
];

test.each(faults)('%s', (_name, keys, expected) => {
  const error = refusal(`sources: [{ name: a, type: one, ${keys} }]`, { types });
  expect(error.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual(expected);
});

test('credentials within are secrets', () => {
  const { sources } = parse('sources: [{ name: a, type: one, certificate: { path: p, passphrase: hunter2 } }]', {
    types,
  });
  expect(JSON.stringify(sources)).not.toContain('hunter2');
});

test('the JSON Schema has them all, and references where they are replaced', () => {
  const schema = JSON.stringify(jsonSchema(types));
  for (const key of ['tenantId', 'passphrase', 'perMinute', '"const":"one"', '"const":"two"'])
    expect(schema).toContain(key);
});
