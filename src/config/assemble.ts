import { resolve } from 'node:path';
import type { z } from 'zod';
import { DEFAULT_LIMITS, type Limits } from '../model/limits.ts';
import type { SourceRules, Tables } from '../model/rules.ts';
import { Secret } from '../model/secret.ts';
import { type Extra, STANDARD_ATTRIBUTES } from '../model/user.ts';
import type { Config, SourceConfig, TestCase } from './config.ts';
import { type anySource, COMMON_KEYS, type configurationSchema } from './schema.ts';
import { serviceConfig } from './service.ts';
import type { ConfigText } from './text.ts';
import { sourceRules } from './written-rules.ts';

type Data = z.infer<ReturnType<typeof configurationSchema>>;

/** Makes the configuration of what the schema gave. */
export function assemble(text: ConfigText, data: Data, read: { ca: string | undefined; tables: Tables }): Config {
  const { ca, tables } = read;
  const { customAttributes, localGroups } = data;
  return {
    file: text.file,
    path: text.path,
    folder: text.folder,
    text: Secret.of(text.text),
    sha256: text.sha256,
    directory: resolve(text.folder, data.directory),
    log: data.log,
    ...(ca === undefined ? {} : { ca }),
    service: serviceConfig(data),
    sources: data.sources.map((source) => ({
      ...sourceConfig(source, { customAttributes, tables }),
      schedule: source.schedule ?? data.schedule,
    })),
    customAttributes,
    localGroups: localGroups.map(({ name, description, members }) => ({
      name,
      description: description ?? null,
      members: members.trimEnd(),
    })),
    localLimits: { removeMembers: data.limits.removeMembers ?? DEFAULT_REMOVE },
    tables,
    tests: data.tests.map(testCase),
  };
}

// DEFAULT_LIMITS has it; its type does not say which keys it has.
const DEFAULT_REMOVE: NonNullable<Limits['removeMembers']> = DEFAULT_LIMITS.removeMembers ?? { share: 0.3 };

type AnySource = z.infer<ReturnType<typeof anySource>> & { type: string };
type Shared = Pick<SourceRules, 'customAttributes' | 'tables'>;

function sourceConfig(source: AnySource, shared: Shared): Omit<SourceConfig, 'schedule'> {
  const { name, type, nestedGroups, onMissing, confirmMissing, deleteAfter, fullEvery, paused, limits } = source;
  const own = Object.entries(source).filter(([key]) => !COMMON_KEYS.includes(key));
  const rules = sourceRules(source, shared);
  return {
    name,
    type,
    nestedGroups,
    onMissing,
    confirmMissing,
    deleteAfter: deleteAfter ?? null,
    fullEvery,
    paused,
    limits: { ...DEFAULT_LIMITS, ...limits },
    ...(rules ? { rules } : {}),
    own: Object.fromEntries(own),
  };
}

function testCase({ name, source, user, group, expect }: Data['tests'][number]): TestCase {
  const expected = expect === 'out' ? null : (expect as Readonly<Record<string, Extra>>);
  if (user) {
    const { id, active, attributes, groups, ...standard } = user;
    const given: Record<string, unknown> = standard;
    const all = STANDARD_ATTRIBUTES.map((key) => [key, given[key] ?? null]);
    return {
      ...{ name, source, expect: expected },
      of: {
        ...{ is: 'user', id: id ?? 'test', active, extra: attributes ?? {}, groups: groups ?? [] },
        // Every standard attribute, with the text or null that the schema gave.
        attributes: Object.fromEntries(all),
      },
    };
  }
  if (!group) throw new Error('a test without user and group');
  const { id, attributes, description, type, email } = group;
  return {
    ...{ name, source, expect: expected },
    of: {
      ...{ is: 'group', id: id ?? 'test', name: group.name, extra: attributes ?? {} },
      ...{ description: description ?? null, type: type ?? null, email: email ?? null },
    },
  };
}
