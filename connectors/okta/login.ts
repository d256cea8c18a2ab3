import { Failure } from '../../src/model/failure.ts';
import type { Surroundings } from '../connector.ts';
import { ask } from '../http/fetch.ts';
import type { Attempt, HttpOptions } from '../http/http.ts';
import { objectOf, type Unexpected } from '../http/pages.ts';
import { TOKEN, type Token } from '../http/token.ts';
import { said } from './errors.ts';
import { assertion, type Prover, prover } from './jwt.ts';
import { readKey } from './key.ts';
import { type OktaConfig, orgOf } from './schema.ts';

/** How requests to one org show who makes them: the parts of the fetch layer that are Okta's own. */
export interface Login extends Pick<HttpOptions, 'authorize' | 'anew'> {
  /** Absent where an API token is used, which is asked for by nobody. */
  token?: (attempt: Attempt) => Promise<Token>;
  /** The scopes that the token in use was given; null where that is not known. Okta leaves out what was not granted. */
  scopes(): ReadonlySet<string> | null;
}

/** The bucket of token requests. */
export const TOKENS = 'token';

export const tokenUrl = (config: Pick<OktaConfig, 'orgUrl'>): URL => new URL(`${orgOf(config)}/oauth2/v1/token`);

/** @throws Failure `configuration` where the private key cannot be used */
export function openLogin(config: OktaConfig, { source, clock }: Surroundings, fail: Unexpected): Login {
  const { clientId, privateKey, apiToken } = config;
  if (clientId === undefined || privateKey === undefined) return byApiToken(apiToken?.open(), source);
  return byApplication(config, { clientId, key: readKey(privateKey.open(), config.keyId, source) }, clock, fail);
}

function byApiToken(text = '', source: string): Login {
  const value = text.trim();
  // Anything else cannot stand in a header; Node would repeat it in its error.
  if (!/^[\x21-\x7e]+$/.test(value))
    throw new Failure(
      'configuration',
      `Source "${source}": "apiToken" is not an API token: it is empty, or has spaces or letters that none has. Copy the token alone, as Okta showed it when it was made.`,
      { exit: 2 },
    );
  return { authorize: (headers) => headers.set('authorization', `SSWS ${value}`), scopes: () => null };
}

/**
 * Client credentials with an assertion that the application's key signs. Proofs of possession (DPoP, RFC 9449) are made
 * as soon as Okta asks for one: it does for every application with "Require DPoP", which new ones have
 * (developer.okta.com/docs/guides/dpop). The SDK's own exchange takes an error for a token.
 */
function byApplication(
  config: OktaConfig,
  { clientId, key }: { clientId: string; key: ReturnType<typeof readKey> },
  clock: Surroundings['clock'],
  fail: Unexpected,
): Login {
  const url = tokenUrl(config);
  const nonces: { token?: string; resource?: string } = {};
  let proofs: Prover | undefined;
  /** The token that is bound to the key of the proofs. */
  let bound: string | undefined;
  let scopes: ReadonlySet<string> | null = null;

  async function token(attempt: Attempt): Promise<Token> {
    const now = clock.now();
    const dpop = proofs?.proof({ method: 'POST', url, nonce: nonces.token, now });
    const body = await ask(attempt, url, {
      method: 'POST',
      headers: { accept: 'application/json', ...(dpop === undefined ? {} : { dpop }) },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: config.scopes.join(' '),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        // Okta takes each one once, so that every try has its own.
        client_assertion: assertion(clientId, url.href, key, now),
      }),
    });
    const answer = objectOf(body, TOKEN, fail);
    const { access_token: value, expires_in: life, token_type: type, scope } = answer;
    if (typeof value !== 'string' || value === '') throw fail(TOKEN, body, 'an object with "access_token"');
    bound = proofs && String(type).toLowerCase() === 'dpop' ? value : undefined;
    scopes = typeof scope === 'string' ? new Set(scope.split(' ')) : null;
    // Okta's own tokens live for an hour.
    return { value, expiresIn: typeof life === 'number' && life > 0 ? life : 3600 };
  }

  return {
    token,
    authorize: (headers, value, method, target) => {
      if (value !== bound || !proofs) {
        headers.set('authorization', `Bearer ${value}`);
        return;
      }
      headers.set('authorization', `DPoP ${value}`);
      const proving = { method, url: target, token: value, nonce: nonces.resource, now: clock.now() };
      headers.set('dpop', proofs.proof(proving));
    },
    anew: (answer, call) => {
      const { code: error } = said(answer);
      const nonce = answer.headers.get('dpop-nonce');
      if (error === 'use_dpop_nonce' && nonce !== null) {
        proofs ??= prover();
        nonces[call.what === TOKEN ? 'token' : 'resource'] = nonce;
        return true;
      }
      if (error !== 'invalid_dpop_proof') return false;
      // At the API a proof is refused now and then for no reason in it (okta/terraform-provider-okta, 2266).
      if (call.what !== TOKEN) return true;
      if (proofs) return false;
      proofs = prover();
      return true;
    },
    scopes: () => scopes,
  };
}
