import { z } from 'zod';
import { Secret } from '../../src/model/secret.ts';
import { address } from '../address.ts';
import { STATUSES, type Statuses } from './read.ts';

/** The kinds of group that Okta has (developer.okta.com/docs/concepts/user-groups). */
export const GROUP_TYPES = ['OKTA_GROUP', 'APP_GROUP', 'BUILT_IN'] as const;
export type GroupType = (typeof GROUP_TYPES)[number];

/** What an application needs to be granted, and no more. */
export const SCOPES = ['okta.users.read', 'okta.groups.read'] as const;

const SHARE = 'expected a share from `1%` to `100%`';
const ADMIN = /^(.+)-admin(\.(?:okta|oktapreview|okta-emea|okta-gov|okta\.mil|okta-miltest)\.com)$/;

const orgUrl = address({ loopback: true, why: 'tokens go there' }).superRefine((text, context) => {
  const url = URL.parse(text);
  if (!url) return;
  const [, name, domain] = ADMIN.exec(url.hostname) ?? [];
  const message =
    name === undefined
      ? url.pathname === '/'
        ? undefined
        : 'expected the address of the org alone, without a path'
      : `this is the address of the Admin Console; expected that of the org, \`https://${name}${domain}\``;
  if (message) context.addIssue({ code: 'custom', message });
});

const word = z.enum(['active', 'inactive']);
const statuses = z
  .strictObject(Object.fromEntries(Object.keys(STATUSES).map((status) => [status, word.optional()])))
  .default({})
  .describe('Whether a user of a status is active, where it shall be otherwise than docs/okta.md says');

const rateLimitShare = z
  .string({ error: SHARE })
  .regex(/^(?:[1-9]\d?|100)%$/, { error: SHARE })
  .prefault('50%')
  .transform((text) => Number(text.slice(0, -1)) / 100)
  .describe('How much is taken of what is left of each rate limit; the rest is for others');

/** The keys of a source of type `okta`. */
export const oktaSchema = z
  .strictObject({
    orgUrl: orgUrl.describe('The address of the org, such as https://example.okta.com'),
    apiToken: z.instanceof(Secret).optional().describe('An API token (SSWS); instead of clientId and privateKey'),
    clientId: z.string().min(1).optional().describe('The client id of an API Services application'),
    privateKey: z.instanceof(Secret).optional().describe('The private key of that application: a JWK or PEM'),
    keyId: z
      .string()
      .min(1)
      .optional()
      .describe('The id (kid) that the key has at the application, where the key itself does not say it'),
    scopes: z
      .array(z.string().regex(/^[\w.-]+$/, { error: 'expected a scope such as `okta.users.read`' }))
      .min(1)
      .default([...SCOPES])
      .describe('The scopes to ask for'),
    statuses,
    groupTypes: z
      .array(z.enum(GROUP_TYPES))
      .min(1)
      .default([...GROUP_TYPES])
      .describe('The kinds of group to read'),
    rateLimitShare,
  })
  .superRefine(({ apiToken, clientId, privateKey, keyId }, context) => {
    const issue = (message: string, key?: string) =>
      context.addIssue({ code: 'custom', message, ...(key === undefined ? {} : { path: [key] }) });
    if (apiToken !== undefined) {
      const other = { clientId, privateKey, keyId };
      for (const [key, value] of Object.entries(other))
        if (value !== undefined) issue(`one credential is enough: remove \`${key}\`, or \`apiToken\``, key);
    } else if (clientId === undefined && privateKey === undefined)
      issue('a credential is missing: write `clientId` and `privateKey`, or `apiToken`');
    else if (clientId === undefined) issue('`clientId` is missing: whose private key is this?');
    else if (privateKey === undefined) issue('a credential is missing: write `privateKey`');
  });

export type OktaConfig = z.infer<typeof oktaSchema>;

/** The address of the org without a slash at the end, as Okta writes it into tokens. */
export const orgOf = ({ orgUrl: text }: Pick<OktaConfig, 'orgUrl'>): string => new URL(text).origin;

/** Whether a user of each status is active: as Okta's words say, but where the file says otherwise. */
export const statusesOf = ({ statuses }: Pick<OktaConfig, 'statuses'>): Statuses => ({
  ...STATUSES,
  ...Object.fromEntries(Object.entries(statuses).map(([status, word]) => [status, word === 'active'])),
});
