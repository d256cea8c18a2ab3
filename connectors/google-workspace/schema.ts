import { z } from 'zod';
import { Secret } from '../../src/model/secret.ts';
import { address } from '../address.ts';

/** What reading a directory needs (developers.google.com/workspace/admin/directory/v1/guides/authorizing). */
export const SCOPES = {
  users: 'https://www.googleapis.com/auth/admin.directory.user.readonly',
  groups: 'https://www.googleapis.com/auth/admin.directory.group.readonly',
} as const;

/** What signing for another account needs. */
export const CLOUD_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** The whole account, whichever that is of the administrator who is acted for. */
export const MY_CUSTOMER = 'my_customer';

const DOMAIN = /^(?!-)[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+$/;
const endpoint = (instead: string, why: string) =>
  address({ loopback: true, why }).optional().describe(`Instead of ${instead}`);

const endpoints = z
  .strictObject({
    token: endpoint('https://oauth2.googleapis.com/token', 'signed requests for tokens go there'),
    directory: endpoint('https://admin.googleapis.com', 'access tokens go there'),
    iam: endpoint('https://iamcredentials.googleapis.com', 'access tokens go there'),
  })
  .describe("Other addresses than Google's own, for a proxy or an emulator");

/** The keys of a source of type `google-workspace`. */
export const googleWorkspaceSchema = z
  .strictObject({
    serviceAccountKey: z.instanceof(Secret).optional().describe('The key file of the service account: its JSON'),
    impersonate: z
      .string()
      .regex(/^[^@\s/:]+@[^@\s/:]+\.gserviceaccount\.com$/, {
        error: 'expected the address of a service account, such as `rosterd@project.iam.gserviceaccount.com`',
      })
      .optional()
      .describe('Instead of a key: the service account that the credentials of this machine may sign for'),
    subject: z
      .string()
      .regex(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, {
        error: 'expected the address of an administrator, such as `admin@example.com`',
      })
      .optional()
      .describe(
        'The administrator whom the service account acts for; left out where it has an administrator role itself',
      ),
    customer: z
      .string()
      .regex(/^(?:my_customer|C[0-9A-Za-z]{4,})$/, {
        error: 'expected `my_customer`, or the customer id, such as `C03az79cb`',
      })
      .optional()
      .describe('The account to read, all of its domains; default my_customer, the one of the subject'),
    domains: z
      .array(z.string().regex(DOMAIN, { error: 'expected a domain, such as `example.com`' }))
      .min(1)
      .optional()
      .describe('Instead of customer: only the users and groups with addresses in these domains'),
    userQuery: z.string().trim().min(1).optional().describe('A search for users, which Google applies'),
    groupQuery: z.string().trim().min(1).optional().describe('A search for groups, which Google applies'),
    queriesPerMinute: z
      .int()
      .min(60)
      .max(1_000_000)
      .default(2400)
      .describe('Requests in a minute, at most: the quota of the project, or less'),
    endpoints: endpoints.optional(),
  })
  .superRefine(({ serviceAccountKey, impersonate, subject, customer, domains }, context) => {
    const issue = (message: string, key?: string) =>
      context.addIssue({ code: 'custom', message, ...(key === undefined ? {} : { path: [key] }) });
    if (serviceAccountKey === undefined && impersonate === undefined)
      issue('a credential is missing: write `serviceAccountKey`, or `impersonate` where no key is kept');
    if (serviceAccountKey !== undefined && impersonate !== undefined)
      issue('one credential is enough: remove `impersonate`, or `serviceAccountKey`', 'impersonate');
    if (customer !== undefined && domains !== undefined)
      issue('remove `domains`, or `customer`: the account is all of its domains', 'domains');
    if (subject === undefined && domains === undefined && (customer ?? MY_CUSTOMER) === MY_CUSTOMER)
      issue(
        '`subject` is missing; a service account with a role of its own needs `customer` with its id, or `domains`',
      );
  });

export type GoogleWorkspaceConfig = z.infer<typeof googleWorkspaceSchema>;

/** Where tokens are asked for and requests go, without a slash at the end. */
export function endpointsOf({ endpoints }: Pick<GoogleWorkspaceConfig, 'endpoints'>) {
  const plain = (address: string) => address.replace(/\/+$/, '');
  return {
    token: plain(endpoints?.token ?? 'https://oauth2.googleapis.com/token'),
    directory: plain(endpoints?.directory ?? 'https://admin.googleapis.com'),
    iam: plain(endpoints?.iam ?? 'https://iamcredentials.googleapis.com'),
  };
}

/** A part of the directory as the API's lists take it. */
export type Part = { customer: string } | { domain: string };

/** What is listed, one after the other: the account, or each of its domains that was named. */
export const partsOf = ({ customer, domains }: Pick<GoogleWorkspaceConfig, 'customer' | 'domains'>): readonly Part[] =>
  domains
    ? [...new Set(domains.map((each) => each.toLowerCase()))].map((domain) => ({ domain }))
    : [{ customer: customer ?? MY_CUSTOMER }];

/** For people: which account this is. */
export function tenantOf({ customer, domains, subject }: GoogleWorkspaceConfig): string {
  if (domains) return domains.join(', ');
  if (customer !== undefined && customer !== MY_CUSTOMER) return customer;
  return (subject ?? '').slice((subject ?? '').lastIndexOf('@') + 1).toLowerCase();
}
