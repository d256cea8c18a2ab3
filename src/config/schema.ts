import { type ZodLiteral, type ZodObject, z } from 'zod';
import { DEFAULT_DIRECTORY } from './default-directory.ts';
import { lifecycle, localLimits } from './lifecycle.ts';
import { groupsSchema, ruleKeys, usersSchema } from './rules-schema.ts';
import { schedule, service } from './service.ts';

/** The parts of the file that belong to each type of source, by the type's name; connectors/registry.ts fits. */
export type SourceTypes = Readonly<Record<string, { schema: ZodObject }>>;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;

/** What every source has, whatever its type. `custom` are the file's own attributes. */
const everySource = (custom: readonly string[]) => ({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
      error: 'expected 1 to 63 letters, digits, `.`, `_` or `-`, a letter or digit first; files are named after it',
    })
    .describe('What the source is called in commands, logs and the directory'),
  nestedGroups: z
    .enum(['flatten', 'direct'])
    .default('flatten')
    .describe('flatten: members of nested groups are members of the outer group too; direct: only those it lists'),
  schedule: schedule.optional().describe('When this source is synced, instead of the schedule of all: cron'),
  users: usersSchema(custom),
  groups: groupsSchema,
  ...lifecycle,
});

const log = z
  .strictObject({
    level: z.enum(LOG_LEVELS).default('info').describe('The least that is logged'),
    format: z.enum(LOG_FORMATS).default('auto').describe('auto: pretty on a terminal, else json'),
  })
  .prefault({})
  .describe('Logs go to standard error');

/**
 * The one schema of the file: it is checked against, and the JSON Schema for editors is made from it. `custom` are the
 * attributes that the file adds to the standard ones.
 */
export function configurationSchema(types: SourceTypes, custom: readonly string[] = []) {
  const common = everySource(custom);
  const sources = Object.entries(types).map(([type, { schema }]) =>
    schema.safeExtend({ ...common, type: z.literal(type).describe('The kind of identity provider') }).strict(),
  );
  return z.strictObject({
    directory: z
      .string()
      .min(1)
      .default(DEFAULT_DIRECTORY)
      .describe('The SQLite file that holds the accounts and groups; made when it is not there'),
    log,
    caFile: z.string().min(1).optional().describe('Certificates (PEM) to trust beside those that Node.js brings'),
    sources: z
      // The compiler knows neither how many types a caller has nor their keys; there is one at least.
      .array(
        z.discriminatedUnion(
          'type',
          sources as unknown as [ZodObject<ReturnType<typeof everySource> & { type: ZodLiteral<string> }>],
        ),
      )
      .min(1)
      .describe('The identity providers to read, in order of precedence'),
    ...service,
    ...ruleKeys(custom),
    limits: localLimits,
  });
}

/** The keys of a source that are not its connector's. */
export const COMMON_KEYS: readonly string[] = [...Object.keys(everySource([])), 'type'];
/** Checks what can be checked of a source whose type is not known. */
export const anySource = (custom: readonly string[] = []) => z.looseObject(everySource(custom));
