import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AuthClient, type gaxios, JWT, UserRefreshClient } from 'google-auth-library';
import { Failure } from '../../src/model/failure.ts';
import type { Surroundings } from '../connector.ts';
import { FetchFailure } from '../http/errors.ts';
import { isObject, type Json } from '../http/pages.ts';
import { fromElsewhere } from './federation.ts';
import { readKey } from './key.ts';
import { CLOUD_SCOPE } from './schema.ts';
import { type Machine, transporterOver } from './transporter.ts';

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

/** A service account's key, a person's login, or workload identity. */
function fromFile(json: Json, text: string, { source, tokenUrl, refuse }: Reading): Machine {
  switch (json.type) {
    case 'service_account': {
      const { email, pem } = readKey(text, source);
      return byLibrary(tokenUrl, (transporter) => new JWT({ email, key: pem, scopes: [CLOUD_SCOPE], transporter }));
    }
    case 'authorized_user': {
      const of = (name: string) => String(json[name] ?? '');
      const login = { clientId: of('client_id'), clientSecret: of('client_secret'), refreshToken: of('refresh_token') };
      return byLibrary(tokenUrl, (transporter) => new UserRefreshClient({ ...login, transporter }));
    }
    case 'external_account':
      return fromElsewhere(json, refuse);
    default:
      return refuse(
        'is of a type that rosterd does not take. It takes service_account, authorized_user (gcloud auth application-default login) and external_account (workload identity federation); in place of impersonation in the file write "impersonate".',
      );
  }
}

/** The vendor's library makes the request, the fetch layer sends it. */
const byLibrary = (tokenUrl: string, make: (transporter: gaxios.Gaxios) => AuthClient): Machine => ({
  url: new URL(tokenUrl),
  token: async (send) => {
    const { transporter, failed } = transporterOver((url, init) =>
      send(url.href === GOOGLE_TOKEN ? new URL(tokenUrl) : url, init),
    );
    try {
      return (await make(transporter).getAccessToken()).token;
    } catch (error) {
      throw failed() ?? error;
    }
  },
});
/** Of Compute Engine, GKE, Cloud Run and so on; GCE_METADATA_HOST is where the vendor's libraries look, too. */
function metadataServer(env: Surroundings['env'], source: string): Machine {
  const host = env.GCE_METADATA_HOST || env.GCE_METADATA_IP || 'metadata.google.internal';
  const url = new URL(`http://${host}/computeMetadata/v1/instance/service-accounts/default/token`);
  url.searchParams.set('scopes', CLOUD_SCOPE);
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
