import { AwsClient, IdentityPoolClient } from 'google-auth-library';
import { isObject, type Json } from '../http/pages.ts';
import { CLOUD_SCOPE } from './schema.ts';
import { type Machine, type Send, transporterOver } from './transporter.ts';

/**
 * Workload identity federation (cloud.google.com/iam/docs/workload-identity-federation): a token of another provider, from
 * a file, an address or AWS, is exchanged at Google. The vendor's library finds that token; its way of exchanging it
 * (RFC 8693) takes no other's way of sending, and is made here.
 * @param refuse throws with why the file cannot be used
 */
export function fromElsewhere(json: Json, refuse: (why: string) => never): Machine {
  const from = isObject(json.credential_source) ? json.credential_source : {};
  if ('executable' in from || 'certificate' in from)
    return refuse(
      'makes a program run a command, or takes a certificate, for its token, which rosterd does not do. Use a file, an address, AWS or Azure as the source of the identity.',
    );
  const exchange = googles(json.token_url);
  const impersonation = json.service_account_impersonation_url;
  const impersonate = impersonation === undefined ? undefined : googles(impersonation);
  if (!exchange || impersonate === null) return refuse('names an address for tokens that is not one of Google.');
  const make = (send: Send): AwsClient | IdentityPoolClient => {
    const { transporter } = transporterOver(send);
    // The library looks at what the file holds, and throws at what it does not know.
    const options = { ...json, transporter } as never;
    return 'environment_id' in from ? new AwsClient(options) : new IdentityPoolClient(options);
  };
  try {
    make(() => Promise.reject(new Error('nothing is asked yet')));
  } catch (error) {
    return refuse(`cannot be used: ${error instanceof Error ? error.message.replace(/[.]?$/, '.') : error}`);
  }

  return {
    url: typeof from.url === 'string' && URL.canParse(from.url) ? new URL(from.url) : exchange,
    token: async (send) => {
      const { body } = await send(exchange, {
        method: 'POST',
        body: new URLSearchParams({
          ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', audience: String(json.audience) },
          ...{ scope: CLOUD_SCOPE, requested_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
          ...{
            subject_token_type: String(json.subject_token_type),
            subject_token: await make(send).retrieveSubjectToken(),
          },
        }),
      });
      const token = isObject(body) ? body.access_token : undefined;
      return impersonate && typeof token === 'string' ? await asAnother(token, impersonate, send) : token;
    },
  };
}

/** The file may name a service account of its own to go on as. */
async function asAnother(token: string, url: URL, send: Send): Promise<unknown> {
  const { body } = await send(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ scope: [CLOUD_SCOPE], lifetime: '3600s' }),
  });
  return isObject(body) ? body.accessToken : undefined;
}

/** Null for any other address than Google's: what goes there is as good as a password. */
function googles(address: unknown): URL | null {
  const url = typeof address === 'string' ? URL.parse(address) : null;
  return url?.protocol === 'https:' && /(?:^|[.])googleapis[.]com$/.test(url.hostname) ? url : null;
}
