import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { program } from '../../src/cli/program.ts';
import { Process } from '../directory/processes.ts';
import { type KeycloakEmulator, startKeycloak } from '../emulators/keycloak/keycloak.ts';

export interface Printed {
  exit: number;
  out: string;
  err: string;
}

const ROSTERD = fileURLToPath(new URL('../../bin/rosterd.js', import.meta.url));

/** What a secret looks like here; no output may ever show it. */
export const secretOf = (source: string) => `Zq7x-${source}-K2vWm9`;

/** Realms, a configuration file that names them as sources, and the program that reads it. */
export class Site implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'rosterd-test-'));
  readonly directory = join(this.folder, 'directory.db');
  readonly realms: Record<string, KeycloakEmulator> = {};
  /** Lines of the file before `sources`. Logs go to the process's own standard error: off, unless a test reads it. */
  head = 'log: { level: silent }';

  static async of(...sources: string[]): Promise<Site> {
    const site = new Site();
    for (const [at, source] of sources.entries()) {
      site.realms[source] = await startKeycloak({ realm: source, seed: at + 1, clientSecret: secretOf(source) });
    }
    return site;
  }

  realm(source: string): KeycloakEmulator {
    const realm = this.realms[source];
    if (!realm) throw new Error(`the site has no realm ${source}`);
    return realm;
  }

  /** Gives a realm users of these names, and a group of all of them. */
  fill(source: string, ...users: string[]): void {
    const { realm } = this.realm(source);
    const group = realm.addGroup(`${source}-all`);
    for (const username of users) realm.join(realm.addUser({ username, firstName: username }), group);
  }

  /** @param edit changes the text of the file */
  configure(edit: (text: string) => string = (text) => text): string {
    const sources = Object.entries(this.realms).map(
      ([name, { url }]) =>
        `  - { name: ${name}, type: keycloak, url: "${url}", realm: ${name}, clientId: rosterd, clientSecret: ${secretOf(name)} }`,
    );
    const file = join(this.folder, 'config.yaml');
    writeFileSync(file, edit(`directory: ./directory.db\n${this.head}\nsources:\n${sources.join('\n')}\n`));
    return file;
  }

  /** Runs the program in this process, on the file as it was configured last. */
  async run(...args: string[]): Promise<Printed> {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const texts = { out: '', err: '' };
    out.on('data', (text) => (texts.out += String(text)));
    err.on('data', (text) => (texts.err += String(text)));
    const io = { out, err, in: Readable.from([]), env: process.env, cwd: this.folder };
    const exit = await program(io, args);
    return { exit, ...texts };
  }

  /** Runs the program in a process of its own. */
  start(...args: string[]): Process {
    return new Process([process.execPath, ROSTERD, '--config', join(this.folder, 'config.yaml'), ...args]);
  }

  /** Rows of a query, as a reader sees them. */
  rows(sql: string): unknown[] {
    const db = new Database(this.directory, { readonly: true });
    try {
      return db.prepare(sql).all();
    } finally {
      db.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const realm of Object.values(this.realms)) await realm.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Something that happens once, and whoever waits for it. */
export function happening(): { happened: Promise<void>; happen(): void } {
  let happen = () => {};
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happened, happen };
}
