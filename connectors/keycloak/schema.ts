import { z } from 'zod';
import { Secret } from '../../src/model/secret.ts';

/** The keys of a source of type `keycloak`. */
export const keycloakSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Where the server answers, any path prefix included'),
  realm: z.string().min(1).describe('The realm to read'),
  authRealm: z.string().min(1).optional().describe('Where the client lives, if not in that realm; often master'),
  clientId: z.string().min(1).describe('A confidential client with service accounts on'),
  clientSecret: z.instanceof(Secret).describe('That client’s secret'),
});

export type KeycloakConfig = z.infer<typeof keycloakSchema>;
