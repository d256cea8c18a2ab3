import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuthClient, ExternalAccountClient, JWT, UserRefreshClient } from 'google-auth-library';
import { Failure } from '../../src/model/failure.ts';
import type { Surroundings } from '../connector.ts';
import { FetchFailure } from '../http/errors.ts';
import { isObject, type Json } from '../http/pages.ts';
import { readKey } from './key.ts';
import { type Send, transporterOver } from './transporter.ts';

/** The credentials of the machine that rosterd runs on (cloud.google.com/docs/authentication/application-default-credentials). */
export interface Machine {
  /** Where its token is asked for first. */
  url: URL;
  /** Asks for a token with which another account may sign. */
  token(send: Send): Promise<unknown>;
}

/** What signing takes. */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const GOOGLE_TOKEN = 'https://oauth2.googleapis.com/token';

/**
 * Finds them where the vendor's libraries do: the file that GOOGLE_APPLICATION_CREDENTIALS names, that of
 * `gcloud auth application-default login`, else the metadata server of Google Cloud. The libraries' own search starts
 * gcloud, and takes files that make a program run commands.
 * @throws Failure `configuration` where such a file cannot be used
 */
export function machineIn(env: Surroundings['env'], source: string, tokenUrl: string): Machine {
  const named = env.GOOGLE_APPLICATION_CREDENTIALS;
  const file = named ? { path: named, text: read(named) } : loggedIn(env);
  if (!file) return metadataServer(env, source);
  const refuse = (why: string): never => {
    throw new Failure('configuration', `Source "${source}": the credentials file ${file.path} ${why}`, { exit: 2 });
  };
  const { text } = file;
  if (text === null) return refuse('cannot be read. It is the one that GOOGLE_APPLICATION_CREDENTIALS names.');
  const json = parsed(text);
  if (!json) return refuse('is not JSON.');
  return fromFile(json, text, { source, tokenUrl, refuse });
}

function loggedIn(env: Surroundings['env']): { path: string; text: string } | null {
  const { CLOUDSDK_CONFIG, APPDATA, HOME } = env;
  const folder = CLOUDSDK_CONFIG ?? (APPDATA ? join(APPDATA, 'gcloud') : HOME ? join(HOME, '.config', 'gcloud') : null);
  const path = folder && join(folder, 'application_default_credentials.json');
  const text = path && read(path);
  return path && text !== null && text !== '' ? { path, text: String(text) } : null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there, or not for us: whoever asked says which it matters for.
    return null;
  }
}

function parsed(text: string): Json | null {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : null;
  } catch {
    // The engine's words would repeat some of it.
    return null;
  }
}

interface Reading {
  source: string;
  tokenUrl: string;
  refuse(why: string): never;
}

/** By the vendor's library, but for what it sends: a service account's key, a person's login, and workload identity. */
function fromFile(json: Json, text: string, { source, tokenUrl, refuse }: Reading): Machine {
  const google =
    (send: Send): Send =>
    (url, init) =>
      send(url.href === GOOGLE_TOKEN ? new URL(tokenUrl) : url, init);
  const by = (
    url: string,
    make: (transporter: ReturnType<typeof transporterOver>['transporter']) => AuthClient | null,
  ): Machine => ({
    url: new URL(url),
    token: async (send) => {
      const { transporter, failed } = transporterOver(google(send));
      try {
        return (await make(transporter)?.getAccessToken())?.token;
      } catch (error) {
        throw failed() ?? error;
      }
    },
  });

  switch (json.type) {
    case 'service_account': {
      const { email, pem } = readKey(text, source);
      return by(tokenUrl, (transporter) => new JWT({ email, key: pem, scopes: [SCOPE], transporter }));
    }
    case 'authorized_user': {
      const [clientId, clientSecret, refreshToken] = ['client_id', 'client_secret', 'refresh_token'].map((name) =>
        String(json[name] ?? ''),
      );
      return by(
        tokenUrl,
        (transporter) =>
          new UserRefreshClient({
            clientId: clientId ?? '',
            clientSecret: clientSecret ?? '',
            refreshToken: refreshToken ?? '',
            transporter,
          }),
      );
    }
    case 'external_account': {
      const from = isObject(json.credential_source) ? json.credential_source : {};
      if ('executable' in from || 'certificate' in from)
        return refuse(
          'makes a program run a command, or takes a certificate, for its token, which rosterd does not do. Use a file, an address, AWS or Azure as the source of the identity.',
        );
      const exchange = String(json.token_url ?? '');
      for (const address of [exchange, json.service_account_impersonation_url])
        if (address !== undefined && !isGoogles(String(address)))
          return refuse('names an address for tokens that is not one of Google.');
      const first = typeof from.url === 'string' && URL.canParse(from.url) ? from.url : exchange;
      return by(first, (transporter) => {
        const client = ExternalAccountClient.fromJSON({ ...json, transporter } as never);
        if (client) client.scopes = [SCOPE];
        return client;
      });
    }
    default:
      return refuse(
        'is of a type that rosterd does not take. It takes service_account, authorized_user (gcloud auth application-default login) and external_account (workload identity federation); instead of impersonation in the file write "impersonate".',
      );
  }
}

const isGoogles = (address: string): boolean => {
  const url = URL.parse(address);
  return url?.protocol === 'https:' && /(?:^|\.)googleapis\.com$/.test(url.hostname);
};

/** Of Compute Engine, GKE, Cloud Run and so on; GCE_METADATA_HOST is where the vendor's libraries look, too. */
function metadataServer(env: Surroundings['env'], source: string): Machine {
  const host = env.GCE_METADATA_HOST || env.GCE_METADATA_IP || 'metadata.google.internal';
  const url = new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`);
  url.searchParams.set('scopes', SCOPE);
  return {
    url,
    token: async (send) => {
      try {
        const { body } = await send(url, { headers: { 'metadata-flavor': 'Google' } });
        return isObject(body) ? body.access_token : undefined;
      } catch (error) {
        if (!(error instanceof Error) || !isObject(error.cause) || error.cause.code !== 'ENOTFOUND') throw error;
        throw new FetchFailure(
          'authentication',
          `Source "${source}": this machine has no credentials of its own, which "impersonate" needs. Set GOOGLE_APPLICATION_CREDENTIALS to a file of workload identity federation, log in with gcloud auth application-default login, or run on Google Cloud.`,
        );
      }
    },
  };
}

/** The same environment, in which nothing to the metadata server goes through a proxy. */
export function unproxied(env: Surroundings['env'], { url }: Machine): Surroundings['env'] {
  if (url.protocol !== 'http:') return env;
  const listed = env.no_proxy || env.NO_PROXY;
  return { ...env, no_proxy: [...(listed ? [listed] : []), url.hostname].join(',') };
}
