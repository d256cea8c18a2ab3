import { z } from 'zod';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';

/** What stands in the file as a text whatever YAML makes of it elsewhere: the JSON Schema allows numbers and the like. */
const asWritten = (as: 'rule' | 'text') => z.string().meta({ written: as });

const rule = asWritten('rule');
/** How many expressions `userName` takes. */
const MOST_NAMES = 16;
const userNames = z.union([rule, z.array(rule).min(1).max(MOST_NAMES)]);

const ABOUT = 'An expression that gives the';
const ONE = 'one expression; only `userName` takes a list';

/** The rules for the people of a source. `custom` are the file's own attributes. */
export const usersSchema = (custom: readonly string[]) => {
  const given = (name: string) =>
    (name === 'userName' ? userNames : z.string({ error: `expected ${ONE}` }).meta({ written: 'rule' }))
      .exactOptional()
      .describe(`${ABOUT} ${name} of an account${name === 'userName' ? ', or a list of them to try in turn' : ''}`);
  const names = [...STANDARD_ATTRIBUTES, ...custom];
  return z
    .strictObject({
      where: rule
        .exactOptional()
        .describe('An expression that is true for whoever gets an account (default: everybody)'),
      attributes: z
        .strictObject(Object.fromEntries(names.map((name) => [name, given(name)])))
        .meta({ custom: 'rule' })
        .prefault({})
        .describe(
          'What accounts get instead of what the source says, an expression for each attribute; null clears one',
        ),
    })
    .prefault({})
    .describe('Which people get an account, and with which attributes');
};

export const groupsSchema = z
  .strictObject({
    where: rule.exactOptional().describe('An expression that is true for the groups to keep (default: all)'),
    attributes: z
      .strictObject({
        name: rule.exactOptional().describe(`${ABOUT} name of a group`),
        description: rule.exactOptional().describe(`${ABOUT} description of a group`),
      })
      .prefault({})
      .describe('What groups get instead of what the source says; null clears the description'),
    onConflict: z
      .enum(['skip', 'unite'])
      .default('skip')
      .describe('Of two groups with one name, skip leaves the second out, unite makes one of both'),
  })
  .prefault({})
  .describe('Which groups are kept, and what they are called');

const NAME = 'expected 1 to 255 characters, none of them a control character, and not only spaces';
const named = z.string().regex(/^(?!\s*$)[^\p{Cc}]{1,255}$/u, { error: NAME });

const localGroup = z.strictObject({
  name: named.describe('What the group is called; no other group may have this name'),
  description: z.string().min(1).exactOptional().describe('What the group is for'),
  members: rule.describe('An expression that is true for the accounts that are in it'),
});

const value = z.union([z.string(), z.number(), z.boolean()]);
const EXTRA = 'expected a text, a number, true or false, or a list of these';
const extra = z.union([value, z.array(value)], { error: EXTRA }).nullable();
const text = z.string().nullable();

const standard = (about: string) =>
  Object.fromEntries(STANDARD_ATTRIBUTES.map((name) => [name, text.exactOptional().describe(`${about} ${name}`)]));
const attributes = z
  .record(z.string(), extra)
  .exactOptional()
  .describe('The other attributes that the source has, by its own names');

const testUser = z.strictObject({
  id: z.string().min(1).exactOptional().describe('The id at the source'),
  active: z.boolean().default(true).describe('Whether the source says that the account is enabled'),
  ...standard('What the source has as'),
  attributes,
  groups: z.array(z.string().min(1)).exactOptional().describe('The groups that the user is in, by name or id'),
});

const testGroup = z.strictObject({
  id: z.string().min(1).exactOptional().describe('The id at the source'),
  name: z.string().describe('What the source calls the group'),
  description: text.exactOptional().describe('What the source says that it is for'),
  type: text.exactOptional().describe("The source's word for its kind"),
  email: text.exactOptional().describe('Its mail address'),
  attributes,
});

const test = (custom: readonly string[]) =>
  z.strictObject({
    name: named.describe('What must hold, for people'),
    source: z.string().describe('The source whose rules are tried'),
    user: testUser.exactOptional().describe('Somebody of that source; what is left out is not there'),
    group: testGroup.exactOptional().describe('Or a group of that source'),
    expect: z
      .union(
        [
          z.literal('out'),
          z
            .strictObject({
              ...standard('The expected'),
              ...Object.fromEntries(
                custom.map((name) => [name, extra.exactOptional().describe(`The expected ${name}`)]),
              ),
              name: text.exactOptional().describe('The expected name, of a group'),
              description: text.exactOptional().describe('The expected description, of a group'),
            })
            .meta({ custom: 'value' }),
        ],
        { error: 'expected `out`, or the attributes that the rules must give' },
      )
      .describe('What must come out; attributes that are left out may be anything'),
  });

/** The keys at the top of the file that rules need. */
export const ruleKeys = (custom: readonly string[]) => ({
  customAttributes: z
    .array(
      z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/, {
        error: 'expected 1 to 63 letters, digits or `_`, a letter first',
      }),
    )
    .default([])
    .describe('More attributes for accounts, beside the standard ones'),
  localGroups: z.array(localGroup).default([]).describe('Groups of this directory, over the accounts of all sources'),
  tables: z
    .record(z.string(), z.record(z.string(), asWritten('text')))
    .default({})
    .describe('Look-up tables for expressions: keys and values are texts as written'),
  tests: z.array(test(custom)).default([]).describe('What the rules must do; rosterd check runs them'),
});
