import type { FetchCode } from './errors.ts';
import { bare } from './excerpt.ts';
import type { Route } from './transport.ts';

/** Why no answer came. */
export interface Trouble {
  code: FetchCode;
  /** Whether the same request may succeed a moment later. */
  passing: boolean;
  /** For the operator, without the source's name in front. */
  sentence: string;
  cause: Error;
}

/** What the sentences speak of. */
export interface Target {
  url: URL;
  route: Route;
  /** The identity provider's name, such as `Keycloak`. */
  product: string;
  /** The key of the configuration file that holds the address. */
  setting: string;
  /** What was being read, such as `the users`. */
  what: string;
}

type Row = { codes: readonly string[]; passing: boolean; say: (t: Target, code: string) => string };

const host = (t: Target): string => t.url.host;
const stays = 'If this stays, look at its log, and at proxies between.';

/** Between here and the proxy, or where there is none, the server: the certificate is not looked at yet. */
const CONNECTING: readonly Row[] = [
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'],
    passing: true,
    say: (t, code) =>
      t.route.proxy
        ? `the name of the proxy ${t.route.proxy.name} could not be resolved (${code}). Check ${t.route.proxy.variable} and this machine's DNS.`
        : `the name ${t.url.hostname} could not be resolved (${code}). Check "${t.setting}" and this machine's DNS.`,
  },
  {
    codes: ['ECONNREFUSED'],
    passing: true,
    say: (t, code) =>
      t.route.proxy
        ? `the proxy ${t.route.proxy.name} accepts no connections (${code}). Check ${t.route.proxy.variable}, or name ${t.url.hostname} in NO_PROXY.`
        : `nothing accepts connections at ${host(t)} (${code}). Check that ${t.product} is up and that "${t.setting}" has its port.`,
  },
  {
    codes: ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN'],
    passing: true,
    say: (t, code) =>
      t.route.proxy
        ? `the proxy ${t.route.proxy.name} cannot be reached (${code}). Check ${t.route.proxy.variable}, routes and firewalls.`
        : `${host(t)} cannot be reached (${code}). Check routes and firewalls, and whether this machine needs HTTPS_PROXY.`,
  },
];

const TLS: readonly Row[] = [
  {
    codes: [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_UNTRUSTED',
      'INVALID_CA',
      'CERT_SIGNATURE_FAILURE',
    ],
    passing: false,
    say: (t, code) =>
      `the TLS certificate of ${host(t)} is not trusted (${code}). Put the certificate of the authority that issued it (PEM) into a file, and name that file with "caFile".`,
  },
  {
    codes: ['CERT_HAS_EXPIRED'],
    passing: false,
    say: (t, code) =>
      `the TLS certificate of ${host(t)} has expired (${code}). Renew it there, and check this machine's clock; rosterd connects to no server with an expired certificate.`,
  },
  {
    codes: ['CERT_NOT_YET_VALID'],
    passing: false,
    say: (t, code) => `the TLS certificate of ${host(t)} is not valid yet (${code}). Check this machine's clock.`,
  },
  {
    codes: ['CERT_REVOKED'],
    passing: false,
    say: (t, code) => `the TLS certificate of ${host(t)} was revoked (${code}). Replace it there.`,
  },
  {
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH', 'UND_ERR_PRX_TLS'],
    passing: false,
    say: (t, code) =>
      `the TLS certificate of ${host(t)} is for another name (${code}). Write into "${t.setting}" a name that the certificate bears.`,
  },
  {
    codes: ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST'],
    passing: false,
    say: (t, code) => `${host(t)} does not speak TLS (${code}). Check the port in "${t.setting}".`,
  },
];

const TALKING: readonly Row[] = [
  {
    codes: ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'ERR_STREAM_PREMATURE_CLOSE'],
    passing: true,
    say: (t, code) => `the connection to ${host(t)} broke while fetching ${t.what} (${code}). ${stays}`,
  },
  {
    codes: ['HPE_INVALID', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'],
    passing: true,
    say: (t, code) => `what ${host(t)} sent for ${t.what} is not HTTP, or was cut short (${code}). ${stays}`,
  },
  {
    codes: ['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'UND_ERR_HEADERS_OVERFLOW', 'HPE_HEADER_OVERFLOW'],
    passing: false,
    say: (t, code) => `${host(t)} sent more for ${t.what} than rosterd takes in one answer (${code}). Report this.`,
  },
];

/** What an error of fetch means; null when it does not come from the network, and so is a fault of the program. */
export function trouble(error: unknown, target: Target): Trouble | null {
  for (const one of chain(error)) {
    const refused = tunnel(one, target);
    if (refused) return refused;
    const code = codeOf(one);
    if (!code) continue;
    const found = [...CONNECTING, ...TLS, ...TALKING].find((row) => row.codes.includes(code));
    if (found)
      return {
        code: found.passing || TLS.includes(found) ? 'unreachable' : 'incomplete',
        passing: found.passing,
        sentence: found.say(target, code),
        cause: bare(one),
      };
  }
  return fetchFailed(error) ? unnamed(error, target) : null;
}

/** Fetch gives one TypeError for everything; what happened is its cause, or the first of several that it tried. */
function* chain(error: unknown): Generator<Error> {
  let now = error;
  for (let depth = 0; now instanceof Error && depth < 5; depth += 1) {
    yield now;
    now = now instanceof AggregateError && !codeOf(now) ? now.errors[0] : now.cause;
  }
}

function codeOf(error: Error): string | undefined {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'HTTPParserError' ? 'HPE_INVALID' : undefined;
}

/** undici's answer to a CONNECT that was not 200 is a sentence; its status is needed. */
function tunnel(error: Error, target: Target): Trouble | null {
  const status = Number(/^Proxy response \((\d{3})\)/.exec(error.message)?.[1]);
  const { proxy } = target.route;
  if (!proxy || !status) return null;
  const todo =
    status === 407
      ? `It wants a user name and a password: write them into ${proxy.variable}, as http://user:password@${proxy.name.replace(/^.*\/\//, '')}.`
      : `Allow ${host(target)} there, or name ${target.url.hostname} in NO_PROXY.`;
  return {
    code: 'unreachable',
    passing: status >= 500,
    sentence: `the proxy ${proxy.name} (${proxy.variable}) refused the way to ${host(target)} with status ${status}. ${todo}`,
    cause: bare(error),
  };
}

const fetchFailed = (error: unknown): error is Error =>
  error instanceof TypeError && /^(fetch failed|terminated)$/.test(error.message);

function unnamed(error: Error, t: Target): Trouble {
  const cause = [...chain(error)].at(-1) ?? error;
  // The Fetch standard forbids some ports; Node's fetch says only this.
  if (cause.message === 'bad port') return { ...badPort(t), cause: bare(cause) };
  return {
    code: 'unreachable',
    passing: true,
    sentence: `${host(t)} gave no usable answer for ${t.what} (${bare(cause).message}). ${stays}`,
    cause: bare(cause),
  };
}

const badPort = (t: Target): Omit<Trouble, 'cause'> => ({
  code: 'unreachable',
  passing: false,
  sentence: `port ${t.url.port} is one that no HTTP client may use, by the Fetch standard. Let ${t.product} answer at another one, and write that into "${t.setting}".`,
});
