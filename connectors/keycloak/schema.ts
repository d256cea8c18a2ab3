import { z } from 'zod';
import { Secret } from '../../src/model/secret.ts';
import { address } from '../address.ts';

/** The keys of a source of type `keycloak`. */
export const keycloakSchema = z.strictObject({
  url: address({ loopback: true, why: 'the client secret goes there' }).describe(
    'The address of the server, with its path prefix if it has one',
  ),
  realm: z.string().min(1).describe('The realm to read'),
  authRealm: z.string().min(1).optional().describe('Where the client lives, if not in that realm; often master'),
  clientId: z.string().min(1).describe('A confidential client with service accounts on'),
  clientSecret: z.instanceof(Secret).describe('The secret of that client'),
});

export type KeycloakConfig = z.infer<typeof keycloakSchema>;
