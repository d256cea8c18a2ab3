import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Failure } from '../model/failure.ts';
import type { Ended } from './sources.ts';

/** What is served, over TCP and over the socket beside the directory. */
export interface Served {
  ready(): { ok: boolean; why: string | null };
  status(): object;
  metrics(): Promise<{ body: string; type: string }>;
  sync(name: string, full: boolean): Promise<Ended>;
}

/** Who may ask for a pass: everybody who may open the socket; over TCP whoever brings the token. */
export type Access = { trusted: true } | { trusted: false; token: string | undefined };

interface Answer {
  status: number;
  type: string;
  body: string;
}

/**
 * The paths: /livez, /readyz, /health (the same as JSON), /metrics, /status, and POST /sync/NAME, which answers when the
 * pass has ended.
 */
export function createHttp(served: Served, access: () => Access): Server {
  const server = createServer((request, response) => {
    answer(request, served, access())
      .catch((error: unknown) => failed(error))
      .then((reply) => give(response, request, reply))
      .catch(() => response.destroy());
  });
  // A pass may take hours; whoever asked for one waits.
  server.requestTimeout = 60_000;
  server.timeout = 0;
  return server;
}

async function answer(request: IncomingMessage, served: Served, access: Access): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://rosterd');
  const { pathname } = url;
  const sync = /^\/sync\/([^/]+)$/.exec(pathname)?.[1];
  if (sync !== undefined) {
    if (request.method !== 'POST') return text(405, 'Ask with POST.');
    const refused = mayNot(request, access);
    if (refused) return refused;
    request.resume();
    return ended(await served.sync(decodeURIComponent(sync), url.searchParams.get('full') === 'true'));
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'Only GET is answered here.');
  switch (pathname) {
    case '/livez':
      return text(200, 'ok');
    case '/readyz': {
      const { ok, why } = served.ready();
      return text(ok ? 200 : 503, ok ? 'ok' : `not ready: ${why}`);
    }
    case '/health': {
      const { ok, why } = served.ready();
      return json(ok ? 200 : 503, { ok, why });
    }
    case '/metrics': {
      const { body, type } = await served.metrics();
      return { status: 200, type, body };
    }
    case '/status':
      return json(200, served.status());
    default:
      return text(404, 'There are /livez, /readyz, /metrics, /status and POST /sync/NAME.');
  }
}

function mayNot(request: IncomingMessage, access: Access): Answer | null {
  if (access.trusted) return null;
  if (access.token === undefined)
    return text(
      403,
      'Nobody may ask for a pass here: "http.token" is not set. Use "rosterd sync NAME" on the machine.',
    );
  const given = Buffer.from(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(access.token);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return null;
  return text(401, 'Bring the token of "http.token" as "Authorization: Bearer TOKEN".');
}

function ended(result: Ended): Answer {
  if (!('failure' in result)) return json(200, result);
  const { code, message, exit } = result.failure;
  return json(exit === 2 ? 404 : exit === 5 ? 409 : 500, { failure: { code, message, exit } });
}

function failed(error: unknown): Answer {
  if (error instanceof Failure) return ended({ failure: error });
  return text(500, 'Something unforeseen went wrong.');
}

const text = (status: number, body: string): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});
const json = (status: number, value: object): Answer => ({
  ...{ status, type: 'application/json' },
  body: `${JSON.stringify(value)}\n`,
});

function give(response: ServerResponse, request: IncomingMessage, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
