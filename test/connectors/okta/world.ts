import { onTestFinished } from 'vitest';
import type { Connector } from '../../../connectors/connector.ts';
import { okta } from '../../../connectors/okta/okta.ts';
import { type OktaConfig, oktaSchema } from '../../../connectors/okta/schema.ts';
import { Secret } from '../../../src/model/secret.ts';
import { type OktaEmulator, type OktaOptions, startOkta } from '../../emulators/okta/okta.ts';
import { type TestClock, testClock } from '../http/clock.ts';

export interface OktaWorld {
  connector: Connector;
  emulator: OktaEmulator;
  clock: TestClock;
  logged: string[];
}

/** What a file may say of a source, before the schema fills in the rest. */
export type Written = Partial<Record<keyof OktaConfig, unknown>>;

/** An emulated org and the connector on it, for one test. */
export async function oktaWorld(
  options: OktaOptions & { config?: Written; by?: 'token' | 'application'; clock?: TestClock } = {},
): Promise<OktaWorld> {
  const { config, by, clock = testClock(), ...rest } = options;
  const emulator = await startOkta({ ...rest, clock });
  const logged: string[] = [];
  const connector = okta(configFor(emulator, { by: by ?? 'application', ...config }), {
    ...{ source: 'corp', folder: '', clock, env: {} },
    log: {
      debug: () => undefined,
      warn: (fields, message) => void logged.push(`${message} ${JSON.stringify(fields)}`),
    },
  });
  onTestFinished(async () => {
    await connector.close();
    await emulator.close();
  });
  return { connector, emulator, clock, logged };
}

/** What an administrator would write into the file for an emulated org. */
export function configFor(emulator: OktaEmulator, more: Written & { by?: 'token' | 'application' } = {}): OktaConfig {
  const { app, apiToken } = emulator;
  const { by = 'application', ...config } = more;
  const credentials =
    by === 'token'
      ? { apiToken: Secret.of(apiToken) }
      : { clientId: app.clientId, privateKey: Secret.of(JSON.stringify(app.privateKey.jwk)) };
  return oktaSchema.parse({ orgUrl: emulator.orgUrl, ...credentials, ...config });
}

/** Five people of three statuses, and groups of each type. */
export function populate({ org }: OktaEmulator): void {
  const [ada, bob, eve, zoe, joe] = ['ada', 'bob', 'eve', 'zoe', 'joe'].map((name) =>
    org.addUser({ login: `${name}@acme.example`, firstName: name, lastName: 'Berg', title: 'Dr' }),
  );
  if (!ada || !bob || !eve || !zoe || !joe) throw new Error('just made');
  org.editProfile(bob, { managerId: zoe.id });
  org.setStatus(zoe, 'SUSPENDED');
  org.setStatus(joe, 'DEPROVISIONED');
  const staff = org.addGroup({ name: 'Staff', description: 'Everyone here' });
  const engineering = org.addGroup({ name: 'Engineering', type: 'APP_GROUP' });
  const admins = org.addGroup({ name: 'Okta Administrators', type: 'BUILT_IN' });
  org.addGroup({ name: 'Empty' });
  for (const user of [ada, bob, joe]) org.join(user, staff);
  for (const user of [bob, eve, zoe]) org.join(user, engineering);
  org.join(ada, admins);
}
