import { AuthError, ConfidentialClientApplication, type INetworkModule } from '@azure/msal-node';
import { Refused } from '../http/errors.ts';
import { excerpt } from '../http/excerpt.ts';
import { send } from '../http/fetch.ts';
import type { Attempt } from '../http/http.ts';
import { isObject, type Unexpected } from '../http/pages.ts';
import { TOKEN, type Token } from '../http/token.ts';
import type { Credential } from './certificate.ts';
import { type AzureAdConfig, endpointsOf } from './schema.ts';

/** A token as Entra ID gave it, and the application permissions that it says it holds; null where it does not say. */
export interface Access extends Token {
  roles: ReadonlySet<string> | null;
}

/** The address that tokens are asked for at. */
export const tokenUrl = (config: AzureAdConfig): URL => new URL(`${authority(config)}/oauth2/v2.0/token`);

const authority = (config: AzureAdConfig): string =>
  `${endpointsOf(config).login}/${encodeURIComponent(config.tenantId)}`;

/**
 * Asks for one access token by client credentials. MSAL makes the request, signs with the certificate, and looks at the
 * answer; the fetch layer sends it. MSAL is told every endpoint, so that it asks for no discovery document.
 * @throws Refused for what Entra ID refuses; FetchFailure where the answer is no token
 */
export async function requestToken(
  config: AzureAdConfig,
  credential: Credential | undefined,
  attempt: Attempt,
  fail: Unexpected,
): Promise<Access> {
  let answered: unknown;
  let failed: unknown;
  /** MSAL makes errors of its own out of everything that goes wrong below it. */
  const kept = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      failed = error;
      throw error;
    }
  };
  const networkClient: INetworkModule = {
    sendGetRequestAsync: () => kept(() => Promise.reject(new Error('MSAL asked for a discovery document'))),
    sendPostRequestAsync: (url, init) =>
      kept(async () => {
        const { status, headers, bytes } = await send(attempt, new URL(url), {
          method: 'POST',
          ...(init?.headers ? { headers: init.headers } : {}),
          ...(init?.body === undefined ? {} : { body: init.body }),
        });
        answered = parsed(new TextDecoder().decode(bytes));
        if (status < 200 || status >= 300) throw new Refused({ status, headers, body: answered });
        if (!isObject(answered) || typeof answered.access_token !== 'string' || answered.access_token === '')
          throw fail(TOKEN, shapeOf(answered), 'an object with "access_token"');
        // MSAL's types leave it to the caller what a body is.
        return { status, headers: Object.fromEntries(headers), body: answered as never };
      }),
  };
  const client = new ConfidentialClientApplication({
    auth: {
      clientId: config.clientId,
      authority: authority(config),
      knownAuthorities: [tokenUrl(config).host],
      authorityMetadata: metadata(authority(config)),
      ...(credential
        ? { clientCertificate: { thumbprintSha256: credential.thumbprintSha256, privateKey: credential.privateKey } }
        : { clientSecret: config.clientSecret?.open() ?? '' }),
    },
    system: { networkClient },
  });
  try {
    const scopes = [`${endpointsOf({ ...config, endpoints: undefined }).graph}/.default`];
    const result = await client.acquireTokenByClientCredential({ scopes, skipCache: true });
    const life = isObject(answered) ? Number(answered.expires_in) : Number.NaN;
    const value = result?.accessToken ?? '';
    if (value === '') throw fail(TOKEN, null, 'an access token');
    // RFC 6749 lets the life out; Entra ID's shortest is an hour.
    return { value, expiresIn: life > 0 ? life : 3600, roles: rolesIn(value) };
  } catch (error) {
    if (failed !== undefined || !(error instanceof AuthError)) throw failed ?? error;
    // MSAL asked for nothing: its reason is explained as one of Entra ID's.
    throw new Refused({
      status: 400,
      headers: new Headers(),
      body: { error_description: excerpt(error.message, 300) },
    });
  }
}

/** What came in a token's place, without its values: one of them may be a token under another name. */
function shapeOf(got: unknown): unknown {
  if (isObject(got)) return Object.fromEntries(Object.keys(got).map((name) => [name, '…']));
  if (Array.isArray(got)) return [];
  // A web page says whose it is.
  return typeof got === 'string' && got !== '' && !/^\s*</.test(got) ? '…' : got;
}

const metadata = (at: string): string =>
  JSON.stringify({
    authorization_endpoint: `${at}/oauth2/v2.0/authorize`,
    token_endpoint: `${at}/oauth2/v2.0/token`,
    issuer: `${at}/v2.0`,
    jwks_uri: `${at}/discovery/v2.0/keys`,
  });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever expected JSON says what came instead.
    return text;
  }
}

/**
 * The application permissions in a token (claim `roles`, learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
 * Tokens are not ours to rely on: this helps messages, and tells an empty group from a hidden one; Graph decides.
 */
function rolesIn(token: string): ReadonlySet<string> | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (!isObject(claims) || claims.aud === undefined) return null;
    return new Set(Array.isArray(claims.roles) ? claims.roles.map(String) : []);
  } catch {
    // Not a JWT, which is Graph's right.
    return null;
  }
}
