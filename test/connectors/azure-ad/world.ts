import { onTestFinished } from 'vitest';
import { azureAd } from '../../../connectors/azure-ad/azure-ad.ts';
import { type AzureAdConfig, azureAdSchema } from '../../../connectors/azure-ad/schema.ts';
import type { Connector } from '../../../connectors/connector.ts';
import { Secret } from '../../../src/model/secret.ts';
import { makeCertificate } from '../../emulators/azure-ad/certificate.ts';
import { type EntraEmulator, type EntraOptions, startEntra } from '../../emulators/azure-ad/entra.ts';
import { type TestClock, testClock } from '../http/clock.ts';

export interface EntraWorld {
  connector: Connector;
  emulator: EntraEmulator;
  clock: TestClock;
  logged: string[];
}

// Making one takes longer than most tests.
const tls = makeCertificate('entra.example');

/** An emulated tenant and the connector on it, for one test. */
export async function entraWorld(
  options: EntraOptions & { config?: Partial<AzureAdConfig> } = {},
): Promise<EntraWorld> {
  const clock = testClock();
  const emulator = await startEntra({ clock, tls, ...options });
  const logged: string[] = [];
  const log = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const connector = azureAd(configFor(emulator, options.config), {
    ...{ source: 'corp', folder: '', clock, env: {}, ca: tls.cert },
    log: { debug: () => undefined, warn: log },
  });
  onTestFinished(async () => {
    await connector.close();
    await emulator.close();
  });
  return { connector, emulator, clock, logged };
}

/** What an administrator would write into the file for an emulated tenant. */
export function configFor(emulator: EntraEmulator, more: Partial<AzureAdConfig> = {}): AzureAdConfig {
  const { tenantId, app, loginUrl, graphUrl } = emulator;
  return azureAdSchema.parse({
    ...{ tenantId, clientId: app.appId, endpoints: { login: loginUrl, graph: graphUrl } },
    ...(more.certificate ? {} : { clientSecret: Secret.of(app.secrets[0]?.value ?? '') }),
    ...more,
  });
}

/** Four people and a guest, and groups of every kind: in one another, in a circle, and with members that are no people. */
export function populate({ tenant }: EntraEmulator): void {
  const [ada, bob, eve, zoe] = ['ada', 'bob', 'eve', 'zoe'].map((name) =>
    tenant.addUser({ userPrincipalName: `${name}@contoso.example`, givenName: name, jobTitle: 'Dr' }),
  );
  if (!ada || !bob || !eve || !zoe) throw new Error('just made');
  tenant.setManager(bob, zoe);
  const guest = tenant.addGuest('gus@partner.example');
  const staff = tenant.addGroup({ displayName: 'Staff', type: 'mailSecurity', description: 'Everyone here' });
  const engineering = tenant.addGroup({ displayName: 'Engineering' });
  const team = tenant.addGroup({ displayName: 'Team', type: 'microsoft365' });
  const dynamic = tenant.addGroup({ displayName: 'All guests', type: 'dynamic' });
  tenant.addGroup({ displayName: 'Empty', type: 'distribution' });
  for (const [member, group] of [
    ...([
      [ada, staff],
      [engineering, staff],
      [bob, engineering],
      [team, engineering],
    ] as const),
    ...([
      [staff, engineering],
      [eve, team],
      [guest, dynamic],
    ] as const),
  ])
    tenant.join(member, group);
  tenant.join(tenant.addDevice('laptop'), engineering);
  tenant.join(tenant.addContact('Carol', 'carol@elsewhere.example'), staff);
}
