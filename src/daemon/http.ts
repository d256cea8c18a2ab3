import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Failure } from '../model/failure.ts';
import { type Connections, fewConnections, MOST_WAITING, PATIENCE } from './connections.ts';
import type { Ended } from './sources.ts';

/** What is served, over TCP and over the socket beside the directory. */
export interface Served {
  ready(): { ok: boolean; why: string | null };
  status(): object;
  metrics(): Promise<{ body: string; type: string }>;
  sync(name: string, full: boolean): Promise<Ended>;
}

/**
 * Who may ask for a pass: everybody who may open the socket; over TCP whoever brings the token. It is looked up for each
 * such question, may come out of a file, and then throws where that cannot be read.
 */
export type Access = () => { trusted: true } | { trusted: false; token: string | undefined };

type Log = { error(fields: object, message: string): void };

interface Answer {
  status: number;
  type: string;
  body: string;
}

/**
 * The paths: /livez, /readyz, /health (the same as JSON), /metrics, /status, and POST /sync/NAME, which answers when the
 * pass has ended.
 */
export function createHttp(served: Served, access: Access, log: Log): Server {
  let toldAt = Number.NEGATIVE_INFINITY;
  /** Whoever asks need not bring a token for this, and must not fill the log. */
  const unreadable = (why: string) => {
    if (performance.now() - toldAt < UNREADABLE_AGAIN) return;
    toldAt = performance.now();
    log.error({}, `the token of "http.token" cannot be read, so nobody may ask for a pass: ${why}`);
  };
  const server = createServer(PATIENCE, (request, response) => {
    answer(request, { served, access, unreadable, connections })
      .catch((error: unknown) => failed(error, log))
      .then((reply) => give(response, request, reply))
      .catch(() => response.destroy());
  });
  // A pass may take hours; whoever asked for one waits.
  server.timeout = 0;
  const connections = fewConnections(server);
  return server;
}

/** How often it is told that the token cannot be read, in ms. */
const UNREADABLE_AGAIN = 60_000;

interface Serving {
  served: Served;
  access: Access;
  unreadable(why: string): void;
  connections: Connections;
}

async function answer(request: IncomingMessage, serving: Serving): Promise<Answer> {
  const { served } = serving;
  const asked = pathOf(request.url ?? '/');
  if (asked === null) return text(400, 'That is no path.');
  const { pathname, sync, full } = asked;
  if (sync !== null) {
    if (request.method !== 'POST') return text(405, 'Ask with POST.');
    const refused = mayNot(request, serving);
    if (refused) return refused;
    request.resume();
    const arrived = serving.connections.waits(request.socket);
    if (!arrived)
      throw new Failure('busy', `${MOST_WAITING} wait for passes here already; ask again later.`, { exit: 5 });
    try {
      return ended(await served.sync(sync, full));
    } finally {
      arrived();
    }
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

/** What is asked for: of /sync/NAME also the name, decoded; null where it is no path. */
function pathOf(asked: string): { pathname: string; sync: string | null; full: boolean } | null {
  try {
    const { pathname, searchParams } = new URL(asked, 'http://rosterd');
    const name = /^\/sync\/([^/]+)$/.exec(pathname)?.[1];
    const sync = name === undefined ? null : decodeURIComponent(name);
    return { pathname, sync, full: searchParams.get('full') === 'true' };
  } catch {
    // `//`, a half escape.
    return null;
  }
}

function mayNot(request: IncomingMessage, { access, unreadable }: Serving): Answer | null {
  let who: ReturnType<Access>;
  try {
    who = access();
  } catch (error) {
    unreadable(error instanceof Error ? error.message : String(error));
    return text(503, 'The token of "http.token" cannot be read; the log of the daemon says why.');
  }
  if (who.trusted) return null;
  if (who.token === undefined)
    return text(
      403,
      'Nobody may ask for a pass here: "http.token" is not set. Use "rosterd sync NAME" on the machine.',
    );
  const given = Buffer.from(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(who.token);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return null;
  return text(401, 'Bring the token of "http.token" as "Authorization: Bearer TOKEN".');
}

/** What is no success is no 2xx, so that `curl -f` sees it; the statuses stand in docs/operations.md. */
function ended(result: Ended): Answer {
  if ('failure' in result) {
    const { code, message, exit } = result.failure;
    const status = code === 'cancelled' ? 503 : exit === 2 ? 404 : exit === 5 ? 409 : 500;
    return json(status, { failure: { code, message, exit } });
  }
  return json(OUTCOMES[result.outcome] ?? (result.code === 'busy' ? 409 : 500), result);
}

/** Of a pass; one that failed is 500, or 409 where another rosterd was in the way. */
const OUTCOMES: Readonly<Record<string, number>> = { ok: 200, unchanged: 200, blocked: 422, cancelled: 503 };

function failed(error: unknown, log: Log): Answer {
  if (error instanceof Failure) return ended({ failure: error });
  log.error({ error: String(error) }, 'a question over HTTP met something unforeseen');
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
