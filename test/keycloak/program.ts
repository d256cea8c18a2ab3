import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Realm } from './realm.ts';

/** rosterd itself, run as an operator runs it: a process of its own, with one configuration file. */
export interface Program {
  directory: string;
  run(...args: string[]): Promise<Ended>;
}

export interface Ended {
  status: number | null;
  out: string;
  err: string;
}

const SOURCE = 'campus';
const executable = resolve(import.meta.dirname, '..', '..', 'bin', 'rosterd.js');

/** How long one command may take, in milliseconds. */
const PATIENCE = 600_000;

/** Writes the configuration file into `folder`, which is where the directory will be too. */
export function program(folder: string, url: string, { realm, clientId, clientSecret }: Realm): Program {
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    `directory: ./directory.db
log: { level: info, format: pretty }
sources:
  - name: ${SOURCE}
    type: keycloak
    url: ${url}
    realm: ${realm}
    clientId: ${clientId}
    clientSecret: \${env:KEYCLOAK_SECRET}
`,
  );
  const env = { PATH: process.env['PATH'], HOME: folder, KEYCLOAK_SECRET: clientSecret };
  return {
    directory: join(folder, 'directory.db'),
    async run(...args) {
      const child = spawn(process.execPath, [executable, '--config', config, ...args], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: PATIENCE,
        killSignal: 'SIGKILL',
      });
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      const [status]: (number | null)[] = await once(child, 'close');
      return { status: status ?? null, out, err };
    },
  };
}
