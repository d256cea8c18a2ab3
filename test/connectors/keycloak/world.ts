import { onTestFinished } from 'vitest';
import type { Connector } from '../../../connectors/connector.ts';
import { keycloak } from '../../../connectors/keycloak/keycloak.ts';
import type { KeycloakConfig } from '../../../connectors/keycloak/schema.ts';
import { Secret } from '../../../src/model/secret.ts';
import { type KeycloakEmulator, type KeycloakOptions, startKeycloak } from '../../emulators/keycloak/keycloak.ts';
import { type TestClock, testClock } from '../http/clock.ts';

export interface KeycloakWorld {
  connector: Connector;
  emulator: KeycloakEmulator;
  clock: TestClock;
  logged: string[];
}

/** An emulated server and the connector on it, for one test. */
export async function keycloakWorld(
  options: KeycloakOptions & { config?: Partial<KeycloakConfig> } = {},
): Promise<KeycloakWorld> {
  const clock = testClock();
  const emulator = await startKeycloak({ clock, ...options });
  const logged: string[] = [];
  const log = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const { client, realmName } = emulator;
  const connector = keycloak(
    {
      url: emulator.url,
      realm: realmName,
      ...(client.realm === realmName ? {} : { authRealm: client.realm }),
      clientId: client.clientId,
      clientSecret: Secret.of(client.secret),
      ...options.config,
    },
    { source: 'partners', folder: '', clock, env: {}, log: { debug: () => undefined, warn: log } },
  );
  onTestFinished(async () => {
    await connector.close();
    await emulator.close();
  });
  return { connector, emulator, clock, logged };
}

/** Four people and five groups on three levels; /staff/engineering/platform has a service account among its members. */
export function populate({ realm, addClient }: KeycloakEmulator): void {
  const [ada, bob, eve] = ['ada', 'bob', 'eve', 'zoe'].map((username) =>
    realm.addUser({ username, email: `${username}@example.com`, firstName: username, attributes: { title: ['Dr'] } }),
  );
  if (!ada || !bob || !eve) throw new Error('just made');
  addClient({ clientId: 'robot' });
  const staff = realm.addGroup({ name: 'staff', description: 'Everyone here' });
  const engineering = realm.addGroup('engineering', staff);
  const platform = realm.addGroup('platform', engineering);
  realm.addGroup('sales', staff);
  const platformElsewhere = realm.addGroup('platform');
  realm.join(ada, staff);
  realm.join(ada, platform);
  realm.join(bob, platform);
  realm.join(realm.user('service-account-robot'), platform);
  realm.join(eve, platformElsewhere);
}
