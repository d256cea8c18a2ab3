import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEntra } from '../emulators/azure-ad/entra.ts';
import { loadOrganisation as loadEntra } from '../emulators/azure-ad/load.ts';
import { company } from '../emulators/company.ts';

/** A provider that holds the invented company, as a source of its own. */
export interface Cloud {
  /** For the narrator. */
  name: string;
  type: string;
  /** The source's keys, for its configuration file. */
  source: string;
  /** Somebody joins, somebody leaves, somebody is promoted and changes teams. */
  change(): void;
  close(): Promise<void>;
}

/** Every kind of provider beside Keycloak; each opens with the company in it. `folder` takes what a source needs as files. */
export const clouds: readonly ((folder: string) => Promise<Cloud>)[] = [entra];

async function entra(folder: string): Promise<Cloud> {
  const emulator = await startEntra();
  const { tenant, app } = emulator;
  loadEntra(tenant, company);
  writeFileSync(join(folder, 'entra-ca.pem'), emulator.ca ?? '');
  const at = (name: string) => tenant.user(`${name}@${company.domain}`);
  return {
    name: 'Entra ID',
    type: 'azure-ad',
    source: `    tenantId: ${emulator.tenantId}
    clientId: ${app.appId}
    clientSecret: ${app.secrets[0]?.value}
    endpoints: { login: ${emulator.loginUrl}, graph: ${emulator.graphUrl} }
`,
    change: () => {
      const joiner = tenant.addUser({ userPrincipalName: `ines.moreau@${company.domain}`, displayName: 'Inès Moreau' });
      tenant.join(joiner, tenant.group('Platform'));
      tenant.removeUser(at('eoin.gallagher'));
      tenant.editUser(at('nadia.benali'), { jobTitle: 'Principal Engineer' });
      tenant.leave(at('elif.yildirim'), tenant.group('On call'));
    },
    close: () => emulator.close(),
  };
}

/** Writes the configuration file of one cloud, and gives its path. */
export function cloudConfiguration(folder: string, { type, source }: Cloud): string {
  const path = join(folder, `${type}.yaml`);
  const trust = type === 'azure-ad' ? 'caFile: ./entra-ca.pem\n' : '';
  const head = `directory: ./${type}.db\nlog: { level: error }\n${trust}sources:\n  - name: fjordlight\n    type: ${type}\n`;
  writeFileSync(path, head + source);
  return path;
}
