import type { Random } from '../random.ts';
import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import type { ServiceAccount } from './accounts.ts';
import { type Claims, claimsOf } from './assertion.ts';
import type { Directory } from './directory.ts';
import type { DirectoryUser } from './kinds.ts';
import { type TokenError, tokenError } from './token-errors.ts';

/** Who asks: what the token of a request says. */
export interface Holder {
  account: ServiceAccount;
  /** Whom the service account acts for; null is for itself. */
  user: DirectoryUser | null;
  scopes: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  expires: number;
}

export interface TokenOptions {
  directory: Directory;
  accounts: readonly ServiceAccount[];
  random: Random;
  now(): number;
  /** The time that assertions are held against. */
  assertedAt(): number;
  /** Seconds; asked at each issue. */
  lifespan(): number;
  /** The server's own address. */
  origin(): string;
}

export interface Tokens {
  /** POST /token: the grant of RFC 7523. */
  endpoint(request: Received): Reply;
  issue(account: ServiceAccount, user: DirectoryUser | null, scopes: readonly string[], lifespan?: number): Issued;
  /** Whose token the request holds: null for none, undefined for one that is not good here and now. */
  holder(request: Received): Holder | null | undefined;
  /** Makes every token issued so far worthless. */
  revoke(): void;
}

export interface Issued extends Holder {
  token: string;
  /** Seconds. */
  lifespan: number;
}

/** What Google's own libraries say whom an assertion is for, whatever a key file names. */
const GOOGLE = 'https://oauth2.googleapis.com/token';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export function tokens(options: TokenOptions): Tokens {
  const { directory, accounts, random, now, assertedAt, lifespan: usual, origin } = options;
  const issued = new Map<string, Holder>();

  const issue: Tokens['issue'] = (account, user, scopes, lifespan = usual()) => {
    const token = `ya29.c.${Buffer.from(random.uuid() + random.uuid()).toString('base64url')}`;
    const holder: Holder = { account, user, scopes: new Set(scopes), expires: now() + lifespan * 1000 };
    issued.set(token, holder);
    return { ...holder, token, lifespan };
  };

  /** Whom to act for: anybody of the account, administrator or not; what that one may see is the API's matter. */
  const delegation = ({ account, scopes, subject }: Claims): DirectoryUser | null | TokenError => {
    if (subject === null) return null;
    const domain = /^[^@\s]+@([^@\s]+\.[^@\s]+)$/.exec(subject)?.[1]?.toLowerCase();
    if (domain === undefined) return 'address';
    // Delegation is an entry of the organisation that owns the domain: elsewhere there is none.
    if (!directory.domains.includes(domain)) return 'unauthorized';
    const user = directory.findUser(subject);
    if (!user || user.properties.suspended || user.properties.archived) return 'subject';
    const granted = scopes.filter((scope) => account.delegated.has(scope));
    if (granted.length === 0) return 'unauthorized';
    return granted.length < scopes.length ? 'denied' : user;
  };

  return {
    endpoint: (request) => {
      const form = new URLSearchParams(request.body);
      const grant = form.get('grant_type') ?? '';
      if (request.method !== 'POST' || grant === '') return tokenError('grantMissing');
      if (grant !== GRANT) return tokenError('grant', grant);
      const assertion = form.get('assertion') ?? '';
      if (assertion === '') return tokenError('assertionMissing');
      const claims = claimsOf(assertion, { accounts, audiences: [`${origin()}/token`, GOOGLE], now: assertedAt() });
      if (typeof claims === 'string') return tokenError(claims);
      const user = delegation(claims);
      if (typeof user === 'string') return tokenError(user);
      const { token, lifespan } = issue(claims.account, user, claims.scopes);
      const answer = { access_token: token, expires_in: lifespan, token_type: 'Bearer' };
      return json(200, answer, {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
      });
    },
    issue,
    holder: (request) => {
      const token =
        /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? request.query.get('access_token');
      if (token === undefined || token === null) return request.headers.authorization === undefined ? null : undefined;
      const known = issued.get(token);
      const stands = known && known.expires > now() && known.account.state === 'active';
      // Who was deleted or suspended holds nothing any more.
      return stands && (known.user === null || isActive(known.user)) ? known : undefined;
    },
    revoke: () => issued.clear(),
  };
}

const isActive = ({ deleted, properties }: DirectoryUser): boolean =>
  deleted === null && !properties.suspended && !properties.archived;
