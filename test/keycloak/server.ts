import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What a Keycloak is started with. */
export interface Start {
  /** The unpacked server. */
  home: string;
  javaHome: string;
  /** Holds this server's database and log; a second start with the same folder finds the first one's realms. */
  folder: string;
  port: number;
  say: (line: string) => void;
}

/** A Keycloak that answers. */
export interface Keycloak {
  url: string;
  admin: Admin;
  log: string;
  /** SIGKILL: what a machine that loses power does to it. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface Admin {
  username: string;
  password: string;
}

/** How long the first start of a freshly unpacked server may take on a slow machine, in milliseconds. */
const PATIENCE = 600_000;

/** The first administrator. Only loopback reaches this server; the password is new for each run. */
const admin: Admin = { username: 'admin', password: randomBytes(12).toString('base64url') };

/**
 * Runs the server given as $1 in a process group that ends as one. The end of standard input means that whoever
 * started it is gone, killed even: then the group goes too. Run by `sh`, as not every unpacker keeps it executable.
 */
const watched = '(sh "$1" start-dev </dev/null; kill -KILL 0) & read _; kill -KILL 0';

/** Starts a Keycloak in development mode and waits until it answers. It ends with this process, however that ends. */
export async function startKeycloak({ home, javaHome, folder, port, say }: Start): Promise<Keycloak> {
  const log = join(folder, 'keycloak.log');
  const out = openSync(log, 'a');
  const child = spawn('sh', ['-c', watched, 'sh', join(home, 'bin', 'kc.sh')], {
    detached: true,
    stdio: ['pipe', out, out],
    env: environment(javaHome, folder, port),
  });
  closeSync(out);
  const url = `http://127.0.0.1:${port}`;
  try {
    await answering(url, child, log, say);
  } catch (error) {
    endGroup(child);
    throw error;
  }
  return {
    url,
    admin,
    log,
    async kill() {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      endGroup(child);
      await gone;
    },
  };
}

function environment(javaHome: string, folder: string, port: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    JAVA_HOME: javaHome,
    JAVA_OPTS_KC_HEAP: '-Xms128m -Xmx1g',
    // The second compiler never pays for itself in so short a life.
    JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1',
    KC_HTTP_HOST: '127.0.0.1',
    KC_HTTP_PORT: String(port),
    KC_CACHE: 'local',
    // A file, so that a killed server comes back with what it knew.
    KC_DB: 'dev-file',
    KC_DB_URL: `jdbc:h2:file:${join(folder, 'h2')};NON_KEYWORDS=VALUE;LOCK_TIMEOUT=10000;TRACE_LEVEL_FILE=0`,
    KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
    KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
  };
}

async function answering(url: string, child: ChildProcess, log: string, say: (line: string) => void): Promise<void> {
  const started = Date.now();
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`Keycloak ended by itself.\n${tail(log)}`)));
  const ready = async () => {
    for (let tries = 1; Date.now() - started < PATIENCE; tries++) {
      const status = await fetch(`${url}/realms/master`).then(
        (answer) => answer.status,
        // Nobody listens yet: that is what is waited for, and the deadline above ends it.
        () => 0,
      );
      if (status === 200) return;
      if (tries % 20 === 0) say(`Keycloak is starting (${Math.round((Date.now() - started) / 1000)} s)`);
      await delay(500);
    }
    throw new Error(`Keycloak did not answer at ${url} within ${PATIENCE / 1000} s.\n${tail(log)}`);
  };
  await Promise.race([ready(), failed, ended]);
}

const tail = (log: string) =>
  `The end of its log, ${log}:\n${readFileSync(log, 'utf8').split('\n').slice(-30).join('\n')}`;

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: the group has ended already, which is what was asked for.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** A port that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port.');
  return address.port;
}
