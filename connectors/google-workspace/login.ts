import { JWT } from 'google-auth-library';
import { Failure } from '../../src/model/failure.ts';
import type { Surroundings } from '../connector.ts';
import { Refused } from '../http/errors.ts';
import { askWhole } from '../http/fetch.ts';
import type { Attempt, Http } from '../http/http.ts';
import { isObject, type Unexpected } from '../http/pages.ts';
import { TOKEN, type Token } from '../http/token.ts';
import { EXCHANGE, SIGNATURE } from './errors.ts';
import { type Key, readKey } from './key.ts';
import { machineIn } from './machine.ts';
import { isUndelegated } from './said.ts';
import { endpointsOf, type GoogleWorkspaceConfig, SCOPES } from './schema.ts';
import { type Machine, type Send, transporterOver } from './transporter.ts';

/** How one source gets its tokens. */
export interface Login {
  /** The service account. */
  email: string;
  clientId: string | null;
  /** Where the first request for a token goes. */
  url: URL;
  /** The credentials of this machine, where no key is kept. */
  machine: Machine | null;
  /** The scopes that the last refusal was about, as far as that could be found out. */
  lacking(): readonly string[];
  token(attempt: Attempt, run: Http['run']): Promise<Token>;
}

/** Whatever `endpoints` say: an assertion is for Google, and so its library writes it. */
const AUDIENCE = 'https://oauth2.googleapis.com/token';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ALL = Object.values(SCOPES);

/** Makes ready the request for a token with some scopes: what sends it gets the body of the answer. */
type Exchange = (scopes: readonly string[]) => Promise<(send: Send) => Promise<unknown>>;

/** @throws Failure `configuration` where the credentials cannot be used */
export function openLogin(config: GoogleWorkspaceConfig, surroundings: Surroundings, fail: Unexpected): Login {
  const { source, env } = surroundings;
  const url = new URL(endpointsOf(config).token);
  let lacking: readonly string[] = [];

  async function tokenBy(
    exchange: Exchange,
    attempt: Attempt,
    run: Http['run'],
    request: Awaited<ReturnType<Exchange>>,
  ) {
    let body: unknown;
    try {
      body = await request(by(attempt));
    } catch (error) {
      lacking = undelegated(error) ? await refusedOf(exchange, run, attempt.signal) : [];
      throw error;
    }
    if (!isObject(body) || typeof body.access_token !== 'string' || body.access_token === '')
      throw fail(TOKEN, body, 'an object with "access_token"');
    const life = Number(body.expires_in);
    // RFC 6749 lets the life out; Google's is an hour.
    return { value: body.access_token, expiresIn: life > 0 ? life : 3600 };
  }

  /** The scopes that Google gives no token for, asked for one by one; none where that cannot be found out. */
  async function refusedOf(exchange: Exchange, run: Http['run'], signal: AbortSignal): Promise<readonly string[]> {
    const refused: string[] = [];
    try {
      for (const scope of ALL) {
        const request = await exchange([scope]);
        await run({ what: EXCHANGE, url, anonymous: true, attempts: 2 }, signal, (attempt) =>
          request(by(attempt)).catch((error: unknown) => {
            if (!undelegated(error)) throw error;
            attempt.saw(error.answer().status, error.answer().headers);
            refused.push(scope);
          }),
        );
      }
      return refused;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Failure) return [];
      throw error;
    }
  }

  if (config.serviceAccountKey) {
    const key = readKey(config.serviceAccountKey.open(), source);
    const exchange = byKey(key, config.subject, url);
    return {
      ...{ email: key.email, clientId: key.clientId, url, machine: null, lacking: () => lacking },
      token: async (attempt, run) => tokenBy(exchange, attempt, run, await exchange(ALL)),
    };
  }

  const email = config.impersonate ?? '';
  const machine = machineIn(env, source, url.href);
  return {
    ...{ email, clientId: null, url: machine.url, machine, lacking: () => lacking },
    token: async (attempt, run) => {
      const { signal } = attempt;
      const next =
        (what: string): Send =>
        (to, init) =>
          run({ what, url: to, anonymous: true }, signal, (inner) => by(inner)(to, init));
      let first = true;
      const own = await machine.token((to, init) => {
        const send = first ? by(attempt) : next(TOKEN);
        first = false;
        return send(to, init);
      });
      if (typeof own !== 'string' || own === '') throw fail(TOKEN, own, "this machine's own access token");
      const sign = signer({ email, own, config }, surroundings, next(SIGNATURE), fail);
      const exchange: Exchange = async (scopes) => {
        const body = new URLSearchParams({ grant_type: GRANT, assertion: await sign(scopes) });
        return async (send) => (await send(url, { method: 'POST', body })).body;
      };
      const request = await exchange(ALL);
      const call = { what: EXCHANGE, url, anonymous: true };
      return await run(call, signal, (inner) => tokenBy(exchange, inner, run, request));
    },
  };
}

const by =
  (attempt: Attempt): Send =>
  (url, init) =>
    askWhole(attempt, url, init);

const undelegated = (error: unknown): error is Refused => error instanceof Refused && isUndelegated(error.answer());

/** The vendor's library signs, makes the request and looks at the answer; the fetch layer sends it. */
const byKey =
  ({ email, pem, keyId }: Key, subject: string | undefined, to: URL): Exchange =>
  async (scopes) =>
  async (send) => {
    let body: unknown;
    const { transporter, failed } = transporterOver(async (url, init) => {
      if (url.href !== AUDIENCE) throw new Error(`the library asks ${url.host} for a token`);
      const answer = await send(to, init);
      body = answer.body;
      return answer;
    });
    const jwt = new JWT({
      ...{ email, key: pem, scopes: [...scopes], transporter },
      ...(keyId === null ? {} : { keyId }),
      ...(subject === undefined ? {} : { subject }),
    });
    try {
      await jwt.authorize();
    } catch (error) {
      if (failed() !== undefined) throw failed();
      // What it does not like about an answer is said with the answer.
      if (body === undefined) throw error;
    }
    return body;
  };

/** Lets Google sign the assertion (cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt). */
function signer(
  { email, own, config }: { email: string; own: string; config: GoogleWorkspaceConfig },
  { clock }: Pick<Surroundings, 'clock'>,
  send: Send,
  fail: Unexpected,
): (scopes: readonly string[]) => Promise<string> {
  const url = new URL(`${endpointsOf(config).iam}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:signJwt`);
  return async (scopes) => {
    const iat = Math.floor(clock.now() / 1000);
    const sub = config.subject === undefined ? {} : { sub: config.subject };
    const payload = { iss: email, ...sub, scope: scopes.join(' '), aud: AUDIENCE, iat, exp: iat + 3600 };
    const { body } = await send(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' },
      body: JSON.stringify({ payload: JSON.stringify(payload) }),
    });
    if (!isObject(body) || typeof body.signedJwt !== 'string')
      throw fail(SIGNATURE, body, 'an object with "signedJwt"');
    return body.signedJwt;
  };
}
