import type { Connector, Surroundings } from '../connector.ts';
import type { KeycloakConfig } from './schema.ts';

/** Reads one realm over Keycloak's Admin REST API. */
export function keycloak(_config: KeycloakConfig, _surroundings: Surroundings): Connector {
  throw new Error('not yet');
}
