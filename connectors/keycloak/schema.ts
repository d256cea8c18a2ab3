import { z } from 'zod';
import { Secret } from '../../src/model/secret.ts';

/** The keys of a source of type `keycloak`. */
export const keycloakSchema = z.strictObject({
  url: z
    .string()
    .superRefine((url, context) => {
      const why = refusal(url);
      if (why) context.addIssue({ code: 'custom', message: why });
    })
    .meta({
      description: 'The address of the server, with its path prefix if it has one',
      pattern: '^https?://',
    }),
  realm: z.string().min(1).describe('The realm to read'),
  authRealm: z.string().min(1).optional().describe('Where the client lives, if not in that realm; often master'),
  clientId: z.string().min(1).describe('A confidential client with service accounts on'),
  clientSecret: z.instanceof(Secret).describe('The secret of that client'),
});

export type KeycloakConfig = z.infer<typeof keycloakSchema>;

/** Why credentials are not sent to this address. */
function refusal(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:\/\//i.test(text)) return 'expected an address such as `https://id.example.com`';
  if (url.username || url.password) return 'expected no user name and no password in the address';
  if (url.search || url.hash) return 'expected an address without `?` and `#`';
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'expected https: plain http is for loopback addresses only, since the client secret goes there';
  return undefined;
}

// A URL writes 127.1 and 0x7f.1 as 127.0.0.1. Names under `.localhost` are left out: some resolvers ask the network.
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
