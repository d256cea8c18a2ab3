import { onTestFinished } from 'vitest';
import type { Connector } from '../../../connectors/connector.ts';
import { googleWorkspace } from '../../../connectors/google-workspace/google-workspace.ts';
import { type GoogleWorkspaceConfig, googleWorkspaceSchema } from '../../../connectors/google-workspace/schema.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { Secret } from '../../../src/model/secret.ts';
import { type GoogleEmulator, type GoogleOptions, startGoogle } from '../../emulators/google-workspace/google.ts';
import { type TestClock, testClock } from '../http/clock.ts';

export interface GoogleWorld {
  connector: Connector;
  google: GoogleEmulator;
  clock: TestClock;
  /** Warnings, and their fields as JSON. */
  logged: string[];
}

interface More {
  config?: Partial<GoogleWorkspaceConfig>;
  env?: Record<string, string>;
}

/** An emulated account and the connector on it, for one test. */
export async function googleWorld({ config, env, ...options }: GoogleOptions & More = {}): Promise<GoogleWorld> {
  const clock = testClock();
  // The vendor's library signs by the machine's own clock, and no other can be given to it.
  const google = await startGoogle({ clock, assertionClock: systemClock, ...options });
  const world = connect(google, clock, config, env);
  onTestFinished(() => google.close());
  return world;
}

/** Another connector on the same account. */
export function connect(
  google: GoogleEmulator,
  clock: TestClock,
  config: Partial<GoogleWorkspaceConfig> = {},
  env: Record<string, string> = {},
): GoogleWorld {
  const logged: string[] = [];
  const log = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const connector = googleWorkspace(configFor(google, config), {
    ...{ source: 'staff', folder: '', clock, env },
    ...(google.ca === null ? {} : { ca: google.ca }),
    log: { debug: () => undefined, warn: log },
  });
  onTestFinished(() => connector.close());
  return { connector, google, clock, logged };
}

/** What an administrator would write into the file for an emulated account. */
export function configFor(google: GoogleEmulator, more: Partial<GoogleWorkspaceConfig> = {}): GoogleWorkspaceConfig {
  const { tokenUrl, directoryUrl, iamUrl, subject, serviceAccountKey } = google;
  return googleWorkspaceSchema.parse({
    ...{ subject, endpoints: { token: tokenUrl, directory: directoryUrl, iam: iamUrl } },
    ...(more.impersonate === undefined ? { serviceAccountKey: Secret.of(JSON.stringify(serviceAccountKey)) } : {}),
    ...more,
  });
}

/** Four people and the administrator, and groups of every kind: in one another, in a circle, of everybody, of strangers. */
export function populate({ directory }: GoogleEmulator): void {
  const [ada, bob, eve, zoe] = ['ada', 'bob', 'eve', 'zoe'].map((name) =>
    directory.addUser({
      primaryEmail: `${name}@fjord.example`,
      name: { givenName: name, familyName: 'Berg' },
      organizations: [{ title: 'Dr', primary: true }],
      ...(name === 'zoe' ? { suspended: true, suspensionReason: 'ADMIN' } : {}),
    }),
  );
  if (!ada || !bob || !eve || !zoe) throw new Error('just made');
  const group = (name: string) => directory.addGroup({ email: `${name.toLowerCase()}@fjord.example`, name });
  const [staff, engineering, team, all] = [group('Staff'), group('Engineering'), group('Team'), group('All')];
  group('Empty');
  directory.join(staff, ada, 'OWNER');
  directory.join(staff, engineering);
  directory.join(engineering, bob);
  directory.join(engineering, team);
  directory.join(engineering, staff);
  directory.join(team, eve);
  directory.joinCustomer(all);
  directory.joinExternal(staff, 'carol@elsewhere.example');
  directory.joinExternal(team, 'list@elsewhere.example', { type: 'GROUP' });
  directory.joinExternal(team, 'odd@elsewhere.example', { type: 'EXTERNAL' });
}
