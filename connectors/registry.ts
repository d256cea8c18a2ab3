import { azureAdSchema } from './azure-ad/schema.ts';
import type { ConnectorType } from './connector.ts';
import { googleWorkspaceSchema } from './google-workspace/schema.ts';
import { keycloakSchema } from './keycloak/schema.ts';
import { oktaSchema } from './okta/schema.ts';

/** Every kind of identity provider by its name in the file. Its SDK is loaded when a source of it is used. */
export const connectorTypes = {
  'azure-ad': {
    schema: azureAdSchema,
    load: async () => (await import('./azure-ad/azure-ad.ts')).azureAd,
  } satisfies ConnectorType<typeof azureAdSchema>,
  'google-workspace': {
    schema: googleWorkspaceSchema,
    load: async () => (await import('./google-workspace/google-workspace.ts')).googleWorkspace,
  } satisfies ConnectorType<typeof googleWorkspaceSchema>,
  keycloak: {
    schema: keycloakSchema,
    load: async () => (await import('./keycloak/keycloak.ts')).keycloak,
  } satisfies ConnectorType<typeof keycloakSchema>,
  okta: {
    schema: oktaSchema,
    load: async () => (await import('./okta/okta.ts')).okta,
  } satisfies ConnectorType<typeof oktaSchema>,
} as const;
