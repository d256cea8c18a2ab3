import { X509Certificate } from 'node:crypto';
// As a whole: a missing name would keep the file from loading, and Node before 22.15 lacks getCACertificates.
import * as tls from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { Failure } from '../../src/model/failure.ts';
import { bare } from './excerpt.ts';

/** The way to one origin. */
export interface Route {
  dispatcher: Dispatcher;
  /** The proxy it goes through, its credentials left out, and the variable that named it. */
  proxy: { name: string; variable: string } | null;
}

/** Connections, kept alive, by way of the proxies and trusting the certificates that were configured. */
export interface Transport {
  route(url: URL): Route;
  /** Ends every connection, whatever is on it. */
  close(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

// Times are the fetch layer's own; these would only end a request without saying which of them did.
const TIMES = { headersTimeout: 0, bodyTimeout: 0 };
/** More than the largest answer that is ever asked for; a server that sends more is out of order. */
const LONGEST_ANSWER = 512 * 1024 * 1024;

/**
 * @param env HTTPS_PROXY for https, HTTP_PROXY for http, NO_PROXY, as curl reads them; lower case goes first
 * @param ca PEM certificates to trust beside Node's own
 * @throws Failure `configuration` where a proxy's address or `ca` cannot be used
 */
export function openTransport(source: string, env: Env, ca?: string): Transport {
  const context = ca === undefined ? undefined : trusting(source, ca);
  const trust = context ? { secureContext: context } : {};
  const options = { ...TIMES, maxResponseSize: LONGEST_ANSWER };
  const direct = new Agent({ ...options, connect: trust });
  const proxies = new Map<string, ProxyAgent>();

  function route(url: URL): Route {
    const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
    const value = named(env, variable);
    if (!value || unproxied(url, named(env, 'NO_PROXY') ?? '')) return { dispatcher: direct, proxy: null };
    const uri = proxyUrl(source, variable, value);
    let agent = proxies.get(uri.href);
    if (!agent) {
      agent = new ProxyAgent({ ...options, uri: uri.href, proxyTls: trust, requestTls: trust });
      proxies.set(uri.href, agent);
    }
    return { dispatcher: agent, proxy: { name: `${uri.protocol}//${uri.host}`, variable } };
  }

  return {
    route,
    close: async () => {
      await Promise.all([direct, ...proxies.values()].map((agent) => agent.destroy()));
    },
  };
}

const named = (env: Env, variable: string): string | undefined => env[variable.toLowerCase()] || env[variable];

function proxyUrl(source: string, variable: string, value: string): URL {
  // An address without a scheme means http, as everywhere else these variables are read.
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.hostname && ['http:', 'https:'].includes(url.protocol)) return url;
  // The value may hold a password: it is not repeated.
  throw new Failure(
    'configuration',
    `Source "${source}": the environment variable ${variable} is no address of a proxy. Write it as http://proxy.example.com:3128.`,
    { exit: 2 },
  );
}

/** Whether NO_PROXY (host names, domains with or without a leading dot, `host:port`, `*`) names this address. */
function unproxied(url: URL, list: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', only] = /^\*?\.?(\[[^\]]+\]|[^:]+|.*)(?::(\d+))?$/.exec(entry) ?? [];
      const bare = name.replace(/^\[|\]$/g, '');
      if (!bare || (only && only !== port)) return false;
      return host === bare || host.endsWith(`.${bare}`);
    });
}

function trusting(source: string, ca: string): tls.SecureContext {
  try {
    // Node takes a text without any certificate as none at all, in silence.
    new X509Certificate(ca);
    // Once for all connections: reading 150 certificates takes some milliseconds.
    const { getCACertificates }: Partial<typeof tls> = tls;
    return tls.createSecureContext({ ca: [...(getCACertificates?.('default') ?? tls.rootCertificates), ca] });
  } catch (error) {
    throw new Failure(
      'configuration',
      `Source "${source}": the file that "caFile" names holds no usable certificate. It must be PEM text, from "-----BEGIN CERTIFICATE-----" to "-----END CERTIFICATE-----".`,
      { exit: 2, cause: bare(error) },
    );
  }
}
