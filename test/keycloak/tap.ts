import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line between the program and Keycloak on which a listing can be seen passing. It changes nothing that passes. */
export interface Tap {
  url: string;
  /** What was asked with GET so far, in order: paths with their queries. */
  asked: readonly string[];
  /** The status of the newest answer to a path, without its query, that ends so; 0 where there is none. */
  status(ending: string): number;
  /** Called once, in the middle of the answers to users' listings, when more than `bytes` of them have passed. */
  onUsers(bytes: number, then: () => void): void;
  /** Takes no new connections: Keycloak is down. Those that are open end as Keycloak ends them. */
  refuse(): void;
  /** Takes connections again. */
  accept(): Promise<void>;
  close(): Promise<void>;
}

/** @param target the port that Keycloak listens on */
export async function openTap(target: number): Promise<Tap> {
  const open = new Set<Socket>();
  const asked: string[] = [];
  const statuses = new Map<string, number>();
  let watch: { left: number; then: () => void } | undefined;

  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    let path = '';
    let listing = false;
    // The connector asks one thing at a time on a connection: the last request line says what an answer is of.
    near.on('data', (chunk) => {
      const line = chunk.toString('latin1').match(/^(GET|POST) (\S+)/);
      if (line) {
        path = line[2] ?? '';
        listing = /\/users\/?\?/.test(path);
        if (line[1] === 'GET') asked.push(path);
      }
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      near.write(chunk);
      const status = chunk.toString('latin1').match(/^HTTP\/1\.1 (\d{3})/);
      if (status) statuses.set(path.replace(/\?.*/, ''), Number(status[1]));
      if (!listing || !watch) return;
      watch.left -= chunk.length;
      if (watch.left > 0) return;
      const { then } = watch;
      watch = undefined;
      then();
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('end', () => other.end());
      // A connection that breaks breaks on the other side too: the program must see what Keycloak's end looks like.
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => {
        open.delete(one);
        other.destroySoon();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port.');

  const { port } = address;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    status: (ending) => [...statuses].findLast(([path]) => path.endsWith(ending))?.[1] ?? 0,
    onUsers(bytes, then) {
      watch = { left: bytes, then };
    },
    refuse() {
      server.close();
    },
    async accept() {
      for (const socket of open) socket.destroy();
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async close() {
      for (const socket of open) socket.destroy();
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
