import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeycloakEmulator } from '../emulators/keycloak/keycloak.ts';

const MARK = '# Written by "npm run demo", which empties this folder at its next start.';

/**
 * Makes the demo's folder with nothing in it but a config.yaml, and gives that file's path.
 * @throws Error when the folder holds something that no demo left there
 */
export function freshFolder(folder: string, keycloak: KeycloakEmulator): string {
  const config = join(folder, 'config.yaml');
  if (existsSync(folder)) {
    const ours = existsSync(config) && readFileSync(config, 'utf8').startsWith(MARK);
    if (!ours) throw new Error(`${folder} exists and is not a demo's: remove it, or name another folder.`);
    rmSync(folder, { recursive: true });
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(config, `${MARK}\n${configuration(keycloak)}`);
  return config;
}

/** What stands in the folder's config.yaml below its first line. */
export function configurationIn(folder: string): string {
  return readFileSync(join(folder, 'config.yaml'), 'utf8').slice(MARK.length + 1);
}

/** Adds a filter to the source in config.yaml. Gives back what was added. */
export function editFilter(folder: string): string {
  const config = join(folder, 'config.yaml');
  writeFileSync(config, readFileSync(config, 'utf8') + FILTER);
  return FILTER;
}

const FILTER = `    users:
      where: user.userType != "Contractor"
`;

const configuration = ({ url, realmName, client }: KeycloakEmulator) => `directory: ./directory.db
log: { level: error }
sources:
  - name: ${realmName}
    type: keycloak
    url: ${url}
    realm: ${realmName}
    clientId: ${client.clientId}
    clientSecret: ${client.secret}    # better \${env:KEYCLOAK_SECRET}; this one opens nothing
`;
