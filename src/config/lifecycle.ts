import { z } from 'zod';
import { parseDuration } from '../model/duration.ts';
import { DEFAULT_LIMITS, type Limit, type LimitKey, limitText } from '../model/limits.ts';

const LIMIT = 'expected a count such as `50`, or a share from `0%` to `100%`';
const DAY = 86_400_000;
const LEAST = DAY;
/** A hundred years: a time further back has no date. */
const MOST = 36_500 * DAY;
const FULL = 'expected a time from `1m` to `36500d`, such as `24h`';
const TIME = 'expected a time from `1d` to `36500d`, such as `90d`';

// YAML reads 50 as a number and 10% as a text; a reference, or quotes, make a text of either.
const limit = z
  .union(
    [
      z.int().meta({ minimum: 0 }),
      z.string().meta({ pattern: String.raw`^(\d{1,9}|(\d{1,2}(\.\d{1,4})?|100(\.0{1,4})?)%)$` }),
    ],
    { error: LIMIT },
  )
  .transform((written, context): Limit => {
    const read = parseLimit(String(written));
    if (read) return read;
    context.addIssue({ code: 'custom', message: LIMIT });
    return z.NEVER;
  });

const key = (name: LimitKey, counts: string) => {
  const given = DEFAULT_LIMITS[name];
  return limit.exactOptional().describe(`${counts} (default: ${given ? limitText(given) : 'none'})`);
};

/** What stops a pass that takes too much, each key with its default unless the file says otherwise. */
export const limits = z
  .strictObject({
    deactivate: key('deactivate', 'Accounts that go: deactivated or deleted, because their user is gone or filtered'),
    disable: key('disable', 'Accounts that are deactivated because the identity provider says they are disabled'),
    removeGroups: key('removeGroups', 'Groups that are removed'),
    removeMembers: key('removeMembers', 'Memberships that end, of people who stay'),
    rename: key('rename', 'User names that change; group names, counted apart'),
    create: key('create', 'Accounts that are made'),
    addMembers: key('addMembers', 'Memberships that begin'),
  })
  .prefault({})
  .describe('How much may change in 24 hours before a pass is stopped: a count (50) or a share (10%)');

/** What stops an edited rule of a local group, which belongs to no source. */
export const localLimits = z
  .strictObject({ removeMembers: key('removeMembers', 'Memberships that the rules of local groups end') })
  .prefault({})
  .describe('How much edited rules of local groups may take away: a count (50) or a share (10%)');

/** A source's keys that say what becomes of those who leave, and of the source itself. */
export const lifecycle = {
  onMissing: z
    .enum(['deactivate', 'delete', 'keep'])
    .default('deactivate')
    .describe('What becomes of an account whose user is gone or filtered'),
  confirmMissing: z
    .boolean()
    .default(true)
    .describe('false: believe that a user or group is gone without looking it up by id'),
  // A day at least: who writes 90m may mean months.
  deleteAfter: z
    .string({ error: TIME })
    .meta({ pattern: String.raw`^\d{1,9}(ms|s|m|h|d)$` })
    .transform((written, context): number => {
      const time = parseDuration(written) ?? 0;
      if (time < LEAST || time > MOST) context.addIssue({ code: 'custom', message: TIME });
      return time;
    })
    .exactOptional()
    .describe('How long after its user left an account is deleted (default: never)'),
  fullEvery: z
    .string({ error: FULL })
    .meta({ pattern: String.raw`^\d{1,9}(ms|s|m|h|d)$` })
    .transform((written, context): number => {
      const time = parseDuration(written) ?? 0;
      if (time < 60_000 || time > MOST) context.addIssue({ code: 'custom', message: FULL });
      return time;
    })
    .prefault('24h')
    .describe('How often everything is listed; in between only what changed, where the identity provider can tell'),
  paused: z.boolean().default(false).describe('true: leave this source alone until further notice'),
  limits,
};

/** A limit as it stands in the file; undefined for anything else. */
function parseLimit(text: string): Limit | undefined {
  if (/^\d{1,9}$/.test(text)) return { count: Number(text) };
  const [, percent] = /^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text) ?? [];
  return percent === undefined || Number(percent) > 100 ? undefined : { share: Number(percent) / 100 };
}
