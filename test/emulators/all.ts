import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEntra } from './azure-ad/entra.ts';
import { loadOrganisation as loadEntra } from './azure-ad/load.ts';
import { company } from './company.ts';
import type { Faults } from './faults.ts';
import { startGoogle } from './google-workspace/google.ts';
import { loadOrganisation as loadGoogle } from './google-workspace/load.ts';
import { startKeycloak } from './keycloak/keycloak.ts';
import { loadOrganisation as loadKeycloak } from './keycloak/load.ts';
import { noLimits } from './okta/limits.ts';
import { loadOrganisation as loadOkta } from './okta/load.ts';
import { startOkta } from './okta/okta.ts';

/** An emulated provider with the invented company in it, as a source of rosterd. */
export interface Provider {
  /** For people. */
  name: string;
  type: string;
  /** The source's keys in a configuration file, each in its line, beside `name` and `type`. */
  keys: readonly string[];
  /** A certificate to trust beside others, PEM; null where none is needed. */
  ca: string | null;
  faults: Faults;
  /** Somebody new, in a group that was there. */
  hire(userName: string): void;
  /** Somebody who was hired leaves for good. */
  dismiss(userName: string): void;
  /** Whether somebody may sign in. */
  enable(userName: string, enabled: boolean): void;
  /** Another job. */
  promote(userName: string, title: string): void;
  /** In or out of one more group. */
  move(userName: string, inside: boolean): void;
  close(): Promise<void>;
}

/** Opens one provider. `folder` takes what its source needs as files. */
export type Open = (folder: string) => Promise<Provider>;

const at = (userName: string): string => `${userName}@${company.domain}`;

export const azureAd: Open = async () => {
  const emulator = await startEntra();
  const { tenant, app } = emulator;
  loadEntra(tenant, company);
  const [home, other] = [tenant.group('Platform'), tenant.group('VPN')];
  return {
    ...{ name: 'Entra ID', type: 'azure-ad', ca: emulator.ca, faults: emulator.faults, close: () => emulator.close() },
    keys: [
      `tenantId: ${emulator.tenantId}`,
      `clientId: ${app.appId}`,
      `clientSecret: ${app.secrets[0]?.value}`,
      `endpoints: { login: ${emulator.loginUrl}, graph: ${emulator.graphUrl} }`,
    ],
    hire: (name) => tenant.join(tenant.addUser({ userPrincipalName: at(name), displayName: name }), home),
    dismiss: (name) => tenant.removeUser(tenant.user(at(name))),
    enable: (name, accountEnabled) => tenant.editUser(tenant.user(at(name)), { accountEnabled }),
    promote: (name, jobTitle) => tenant.editUser(tenant.user(at(name)), { jobTitle }),
    move: (name, inside) => (inside ? tenant.join : tenant.leave).call(tenant, tenant.user(at(name)), other),
  };
};

export const googleWorkspace: Open = async (folder) => {
  const emulator = await startGoogle({ domain: company.domain });
  const { directory } = emulator;
  loadGoogle(directory, company);
  writeFileSync(join(folder, 'google-key.json'), JSON.stringify(emulator.serviceAccountKey), { mode: 0o600 });
  const [home, other] = directory.groups();
  if (!home || !other) throw new Error('the company has groups');
  return {
    ...{ name: 'Google Workspace', type: 'google-workspace', ca: null, faults: emulator.faults },
    close: () => emulator.close(),
    keys: [
      'serviceAccountKey: ${file:google-key.json}',
      `subject: ${emulator.subject}`,
      `endpoints: { token: "${emulator.tokenUrl}", directory: "${emulator.directoryUrl}" }`,
    ],
    hire: (name) => {
      const user = directory.addUser({ primaryEmail: at(name), name: { givenName: name, familyName: 'New' } });
      directory.join(home, user);
    },
    dismiss: (name) => directory.removeUser(directory.user(at(name))),
    enable: (name, enabled) => directory.editUser(directory.user(at(name)), { suspended: !enabled }),
    promote: (name, title) =>
      directory.editUser(directory.user(at(name)), { organizations: [{ primary: true, title }] }),
    move: (name, inside) => {
      const user = directory.user(at(name));
      if (inside) directory.join(other, user);
      else directory.leave(other, user);
    },
  };
};

export const okta: Open = async () => {
  // A pass a second is more than Okta allows an org; limits have tests of their own.
  const emulator = await startOkta({ limits: noLimits });
  const { org } = emulator;
  loadOkta(org, company);
  const [home, other] = org.groups().filter(({ type }) => type === 'OKTA_GROUP');
  if (!home || !other) throw new Error('the company has groups');
  return {
    ...{ name: 'Okta', type: 'okta', ca: null, faults: emulator.faults, close: () => emulator.close() },
    keys: [`orgUrl: ${emulator.orgUrl}`, `apiToken: ${emulator.apiToken}`],
    hire: (name) => org.join(org.addUser({ login: at(name), email: at(name), firstName: name, lastName: 'New' }), home),
    dismiss: (name) => org.deactivateAndDelete(org.user(at(name))),
    enable: (name, enabled) => org.setStatus(org.user(at(name)), enabled ? 'ACTIVE' : 'SUSPENDED'),
    promote: (name, title) => org.editProfile(org.user(at(name)), { title }),
    move: (name, inside) => (inside ? org.join : org.leave).call(org, org.user(at(name)), other),
  };
};

export const keycloak: Open = async () => {
  const emulator = await startKeycloak({ realm: 'fjordlight' });
  const { realm, client } = emulator;
  loadKeycloak(realm, company);
  const [home, other] = realm.groups();
  if (!home || !other) throw new Error('the company has groups');
  return {
    ...{ name: 'Keycloak', type: 'keycloak', ca: null, faults: emulator.faults, close: () => emulator.close() },
    keys: [
      `url: ${emulator.url}`,
      `realm: ${emulator.realmName}`,
      `clientId: ${client.clientId}`,
      `clientSecret: ${client.secret}`,
    ],
    hire: (username) => realm.join(realm.addUser({ username, firstName: username }), home),
    dismiss: (username) => void realm.removeUser(realm.user(username)),
    enable: (username, enabled) => realm.editUser(realm.user(username), { enabled }),
    promote: (username, title) => realm.editUser(realm.user(username), { attributes: { title: [title] } }),
    move: (username, inside) => (inside ? realm.join : realm.leave).call(realm, realm.user(username), other),
  };
};

/** Every kind of provider. */
export const everyProvider: readonly Open[] = [azureAd, googleWorkspace, okta, keycloak];

/** The part of a configuration file that names providers as sources, each under its own name. */
export function sourcesOf(folder: string, providers: readonly (Provider & { source: string })[]): string {
  const certificates = providers.flatMap(({ ca }) => ca ?? []);
  if (certificates.length > 0) writeFileSync(join(folder, 'emulated-ca.pem'), certificates.join('\n'));
  const sources = providers.map(({ source, type, keys }) =>
    [`  - name: ${source}`, `type: ${type}`, ...keys].join('\n    '),
  );
  return `${certificates.length > 0 ? 'caFile: ./emulated-ca.pem\n' : ''}sources:\n${sources.join('\n')}\n`;
}
