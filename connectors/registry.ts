import type { ConnectorType } from './connector.ts';
import { keycloakSchema } from './keycloak/schema.ts';

/** Every kind of identity provider by its name in the file. Its SDK is loaded when a source of it is used. */
export const connectorTypes = {
  keycloak: {
    schema: keycloakSchema,
    load: async () => (await import('./keycloak/keycloak.ts')).keycloak,
  } satisfies ConnectorType<typeof keycloakSchema>,
} as const;
