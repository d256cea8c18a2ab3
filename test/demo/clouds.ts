import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { azureAd, googleWorkspace, okta, type Provider, sourcesOf } from '../emulators/all.ts';

/** Every kind of provider beside Keycloak. */
export const clouds = [azureAd, googleWorkspace, okta] as const;

/** Writes the configuration file of one cloud, and gives its path. */
export function cloudConfiguration(folder: string, provider: Provider): string {
  const path = join(folder, `${provider.type}.yaml`);
  const head = `directory: ./${provider.type}.db\nlog: { level: error }\n`;
  writeFileSync(path, head + sourcesOf(folder, [{ ...provider, source: 'fjordlight' }]));
  return path;
}

/** Somebody joins, somebody leaves, somebody is promoted, and changes teams. */
export function changeCloud(provider: Provider): void {
  provider.hire('ines.moreau');
  provider.dismiss('eoin.gallagher');
  provider.promote('nadia.benali', 'Principal Engineer');
  provider.move('nadia.benali', true);
}
