import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../src/model/clock.ts';
import { type Delivery, type Reply, text } from './reply.ts';

/** One request as it came in. */
export interface Received {
  method: string;
  /** Without the query, as sent: not decoded. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

/** One request that was answered, for exact counts. Headers and bodies are left out: they hold secrets. */
export interface Recorded {
  method: string;
  path: string;
  query: Readonly<Record<string, string>>;
  /** Null while it is being answered, and when the connection was cut instead. */
  status: number | null;
}

/** A real HTTP server on a free port of the loopback address. */
export interface EmulatorServer {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly origin: string;
  readonly requests: Recorded[];
  /** No new connection is accepted, and those that stand end with the answer under way. */
  stopAccepting(): Promise<void>;
  /** Accepts again, on the same port. */
  resume(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServerOptions {
  /** 0, the default, is any free port. */
  port?: number;
  /** PEM; with it the server speaks HTTPS. */
  tls?: { key: string; cert: string };
  clock: Clock;
  answer(request: Received): Promise<Reply>;
}

export async function serve(options: ServerOptions): Promise<EmulatorServer> {
  const requests: Recorded[] = [];
  const sockets = new Set<Socket>();
  let accepting = true;

  const listener = async (incoming: IncomingMessage, response: ServerResponse) => {
    const url = new URL(incoming.url ?? '/', 'http://emulator');
    const recorded: Recorded = {
      method: incoming.method ?? 'GET',
      path: (incoming.url ?? '/').split('?')[0] ?? '/',
      query: Object.fromEntries(url.searchParams),
      status: null,
    };
    requests.push(recorded);
    const { method, path } = recorded;
    const body = await bodyOf(incoming);
    const reply = await options
      .answer({ method, path, query: url.searchParams, headers: incoming.headers, body })
      .catch((error: unknown) =>
        text(500, `The emulator itself failed: ${error instanceof Error ? error.stack : error}`),
      );
    if (!accepting) response.shouldKeepAlive = false;
    if (reply.delivery?.how !== 'reset') recorded.status = reply.status;
    await deliver(response, reply, options.clock);
  };

  const listen = (request: IncomingMessage, response: ServerResponse) => {
    // A client that goes away in mid-answer is an everyday thing for a server.
    listener(request, response).catch(() => response.destroy());
  };
  const server = options.tls ? createHttpsServer(options.tls, listen) : createHttpServer(listen);
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const start = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await start(options.port ?? 0);
  // A server that listens on a port always has such an address.
  const { port } = server.address() as AddressInfo;

  const stopAccepting = async () => {
    if (!accepting) return;
    accepting = false;
    server.close();
    server.closeIdleConnections();
  };
  const close = async () => {
    accepting = false;
    const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    origin: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    stopAccepting,
    resume: async () => {
      if (accepting) return;
      await start(port);
      accepting = true;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function deliver(response: ServerResponse, reply: Reply, clock: Clock): Promise<void> {
  const how: Delivery = reply.delivery ?? { how: 'whole' };
  if (how.how === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const bytes = Buffer.from(reply.body, 'utf8');
  response.writeHead(reply.status, { ...reply.headers, 'content-length': bytes.length });
  if (how.how === 'whole') {
    response.end(bytes);
  } else if (how.how === 'cut') {
    response.write(bytes.subarray(0, Math.floor(bytes.length * how.share)), () => response.socket?.destroy());
  } else {
    for (let from = 0; from < bytes.length && !response.destroyed; from += how.bytes) {
      response.write(bytes.subarray(from, from + how.bytes));
      await clock.sleep(how.everyMs);
    }
    response.end();
  }
}
