import { createPrivateKey, sign } from 'node:crypto';
import type { Random } from '../random.ts';
import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { addKey, privateKey, type ServiceAccount, scopes } from './accounts.ts';
import type { Holder, Tokens } from './tokens.ts';

export interface IamOptions {
  accounts: readonly ServiceAccount[];
  tokens: Tokens;
  random: Random;
  now(): number;
  /** False: the IAM Service Account Credentials API is not enabled in the project. Asked at each request. */
  enabled(): boolean;
  /** The project's number. */
  project: string;
}

/** The most seconds that a JWT signed here, and a token from here, may be good for. */
const LONGEST_JWT = 12 * 3600;
const LONGEST_TOKEN = 3600;

/**
 * The IAM Service Account Credentials API: signJwt and generateAccessToken of
 * `POST /v1/projects/-/serviceAccounts/{email}:…` (cloud.google.com/iam/docs/reference/credentials/rest), by which an
 * account without a key file signs its assertion.
 */
export function iam({ accounts, tokens, random, now, enabled, project }: IamOptions): (request: Received) => Reply {
  const system = new Map<ServiceAccount, { id: string; pem: string }>();
  const systemKey = (account: ServiceAccount) => {
    const known = system.get(account);
    // A test that takes every key away takes none that the vendor manages.
    if (known && account.keys.some(({ id }) => id === known.id)) return known;
    const pem = privateKey('system');
    const key = { id: addKey(account, pem, random), pem };
    system.set(account, key);
    return key;
  };

  const signJwt = (account: ServiceAccount, body: Body): Reply => {
    const claims = objectIn(String(body.payload ?? ''));
    if (!claims) return refused(400, 'INVALID_ARGUMENT', 'Payload must be a valid JSON object.');
    const at = now() / 1000;
    if (claims.exp !== undefined && !(Number(claims.exp) > at && Number(claims.exp) <= at + LONGEST_JWT)) {
      return refused(400, 'INVALID_ARGUMENT', 'Token must be a short-lived token and in a reasonable timeframe.');
    }
    const { id, pem } = systemKey(account);
    const text = [
      { alg: 'RS256', kid: id, typ: 'JWT' },
      { exp: Math.floor(at) + 3600, ...claims },
    ]
      .map(base64url)
      .join('.');
    const signature = sign('sha256', Buffer.from(text), createPrivateKey(pem)).toString('base64url');
    return json(200, { keyId: id, signedJwt: `${text}.${signature}` });
  };

  const generateAccessToken = (account: ServiceAccount, body: Body): Reply => {
    const scope = Array.isArray(body.scope) ? body.scope.map(String) : [];
    if (scope.length === 0) return refused(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.');
    const seconds = Number(/^(\d+)s$/.exec(String(body.lifetime ?? '3600s'))?.[1]);
    if (!(seconds > 0 && seconds <= LONGEST_TOKEN)) {
      return refused(400, 'INVALID_ARGUMENT', 'The access token lifetime cannot exceed 3600 seconds.');
    }
    const { token, expires } = tokens.issue(account, null, scope, seconds);
    return json(200, { accessToken: token, expireTime: new Date(expires).toISOString().replace(/\.\d+/, '') });
  };

  const methods: Readonly<Record<string, typeof signJwt>> = { signJwt, generateAccessToken };
  const permissions: Readonly<Record<string, string>> = {
    signJwt: 'iam.serviceAccounts.signJwt',
    generateAccessToken: 'iam.serviceAccounts.getAccessToken',
  };

  return (request) => {
    const [, who = '', name = ''] = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):(\w+)$/.exec(request.path) ?? [];
    const method = methods[name];
    if (!method || request.method !== 'POST') return refused(404, 'NOT_FOUND', 'Method not found.');
    const holder = tokens.holder(request);
    if (!holder) return refused(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    if (!enabled()) return refused(403, 'PERMISSION_DENIED', disabled(project), 'SERVICE_DISABLED');
    if (!holder.scopes.has(scopes.cloud) && !holder.scopes.has('https://www.googleapis.com/auth/iam')) {
      const text = 'Request had insufficient authentication scopes.';
      return refused(403, 'PERMISSION_DENIED', text, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT');
    }
    const key = decodeURIComponent(who);
    const account = accounts.find(({ email, clientId }) => email === key || clientId === key);
    if (account?.state !== 'active' || !mayActAs(holder, account)) {
      const text = `Permission '${permissions[name]}' denied on resource (or it may not exist).`;
      return refused(403, 'PERMISSION_DENIED', text, 'IAM_PERMISSION_DENIED');
    }
    const body = objectIn(request.body);
    return body ? method(account, body) : refused(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.');
  };
}

type Body = Readonly<Record<string, unknown>>;

/** Even an account that signs as itself needs the role on itself. */
const mayActAs = ({ account, user }: Holder, target: ServiceAccount): boolean =>
  user === null && target.tokenCreators.has(account.email);

const disabled = (project: string) =>
  `IAM Service Account Credentials API has not been used in project ${project} before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/iamcredentials.googleapis.com/overview?project=${project} then retry.`;

/** This API has no `errors`, which those of Google Workspace have. */
function refused(code: number, status: string, message: string, reason?: string): Reply {
  const type = 'type.googleapis.com/google.rpc.ErrorInfo';
  const details = reason === undefined ? {} : { details: [{ '@type': type, reason, domain: 'googleapis.com' }] };
  return json(
    code,
    { error: { code, message, status, ...details } },
    { 'content-type': 'application/json; charset=UTF-8' },
  );
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
