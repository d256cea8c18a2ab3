import type { Answer, Explanation, FetchCode } from '../http/errors.ts';
import type { Call } from '../http/http.ts';
import { isObject } from '../http/pages.ts';
import { TOKEN } from '../http/token.ts';
import { type Words, wordsOf } from './said.ts';
import { type GoogleWorkspaceConfig, SCOPES } from './schema.ts';

/** What is asked for on the way to a token where no key is kept. */
export const SIGNATURE = 'a signature of the service account';
export const EXCHANGE = 'an access token of the service account';

/** Who reads, as the sentences name it. */
export interface Where {
  config: Pick<GoogleWorkspaceConfig, 'subject' | 'customer' | 'domains' | 'impersonate'>;
  /** The service account. */
  email: string;
  /** Its number in the Admin console; null where it is not known. */
  clientId: string | null;
  /** The scopes that are known not to be delegated. */
  lacking(): readonly string[];
  /** This machine's time, in ms since 1970. */
  now(): number;
}

/** What an answer says, and what it is an answer to. */
interface Said extends Words {
  answer: Answer;
  what: string;
}

interface Row {
  reasons: readonly string[];
  /** Only where its message is so. */
  message?: RegExp;
  code: FetchCode;
  /** What happened and what to do now. */
  say(where: Where, said: Said): string;
}

const account = ({ email }: Where): string => `the service account ${email}`;
const keys = ({ email }: Where): string =>
  `console.cloud.google.com > IAM & Admin > Service Accounts > ${email} > Keys`;
const DELEGATION =
  'admin.google.com > Security > Access and data control > API controls > Manage domain-wide delegation';
const ROLES = 'admin.google.com > Account > Admin roles';
const reader = (where: Where): string => where.config.subject ?? where.email;

/**
 * What the token endpoint refuses (developers.google.com/identity/protocols/oauth2/service-account, error codes).
 * docs/google-workspace.md has the same table.
 */
export const LOGIN_ROWS: readonly Row[] = [
  {
    reasons: ['invalid_grant'],
    message: /^Invalid JWT Signature/i,
    code: 'authentication',
    say: (w) =>
      `Google does not know the key that signs for ${account(w)}: it was deleted or disabled. Make a new one at ${keys(w)}, and put its file where "serviceAccountKey" is read from.`,
  },
  {
    reasons: ['invalid_grant'],
    message: /account not found/i,
    code: 'authentication',
    say: (w) =>
      `there is no service account ${w.email} any more. Make one at console.cloud.google.com > IAM & Admin > Service Accounts, delegate the scopes to its client id at ${DELEGATION}, and use a key of it.`,
  },
  {
    reasons: ['disabled_client'],
    code: 'authentication',
    say: (w) => `${account(w)} is disabled. Enable it at console.cloud.google.com > IAM & Admin > Service Accounts.`,
  },
  {
    reasons: ['invalid_grant'],
    message: /^Invalid email or User ID/i,
    code: 'authentication',
    say: (w) =>
      `Google has no active user ${w.config.subject}, whom the service account is to act for. Check "subject": it is the primary address of an administrator who is neither suspended nor deleted (admin.google.com > Directory > Users).`,
  },
  {
    reasons: ['invalid_grant'],
    message: /Not a valid email/i,
    code: 'authentication',
    say: (w) =>
      `"${w.config.subject}" is no address that Google takes. Write an administrator's primary address into "subject".`,
  },
  {
    reasons: ['invalid_grant'],
    message: /short-lived token|iat and exp|reasonable timeframe/i,
    code: 'authentication',
    say: (w, { answer }) =>
      `Google finds the signed request too old or too new${skew(w, answer)}. Set this machine's clock right (NTP).`,
  },
  {
    reasons: ['invalid_grant'],
    message: /audience/i,
    code: 'authentication',
    say: () => 'Google does not take the signed request for its own. Check "endpoints.token".',
  },
  {
    reasons: ['unauthorized_client', 'access_denied'],
    code: 'authentication',
    say: (w) => undelegated(w),
  },
  {
    reasons: ['invalid_scope'],
    code: 'authentication',
    say: (_, { message }) => `Google does not know the scopes that are asked for: ${message} Check "endpoints.token".`,
  },
];

/** What the IAM Service Account Credentials API refuses, which signs where no key is kept. */
export const IAM_ROWS: readonly Row[] = [
  {
    reasons: ['SERVICE_DISABLED'],
    code: 'authentication',
    say: (_, said) =>
      `the IAM Service Account Credentials API is not enabled in the project${of(said)}. Enable it at ${page('iamcredentials.googleapis.com', said)}; it takes some minutes.`,
  },
  {
    reasons: ['IAM_PERMISSION_DENIED', 'PERMISSION_DENIED'],
    message: /iam\.serviceAccounts|may not exist/,
    code: 'authentication',
    say: (w) =>
      `the credentials of this machine may not sign as ${account(w)}, or there is no such account. Check "impersonate", and give them the role Service Account Token Creator on it: console.cloud.google.com > IAM & Admin > Service Accounts > ${w.email} > Permissions.`,
  },
  {
    reasons: ['ACCESS_TOKEN_SCOPE_INSUFFICIENT'],
    code: 'authentication',
    say: () =>
      "this machine's own token may not be used for signing. Give the machine the access scope cloud-platform, or log in with that scope.",
  },
];

/** What the Directory API refuses (developers.google.com/workspace/admin/directory/v1/guides/troubleshoot-error-codes). */
export const API_ROWS: readonly Row[] = [
  {
    reasons: ['accessNotConfigured', 'SERVICE_DISABLED'],
    code: 'permission',
    say: (_, said) =>
      `the Admin SDK API is not enabled in the project of the service account${of(said)}. Enable it at ${page('admin.googleapis.com', said)}; it takes some minutes.`,
  },
  {
    reasons: ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'],
    code: 'permission',
    say: (w, { what }) =>
      `the access token lacks the scope for ${what}, ${scopeFor(what)}. ${delegate(w, [scopeFor(what)])}`,
  },
  {
    reasons: ['forbidden'],
    code: 'permission',
    say: (w, { what }) => `Google does not let ${reader(w)} read ${what}. ${grant(w, what)}`,
  },
  {
    reasons: ['domainCannotUseApis'],
    code: 'permission',
    say: () =>
      'this Google Workspace account may not use APIs. Its edition or a trial that ended may be why: see admin.google.com > Billing.',
  },
  {
    reasons: ['dailyLimitExceeded', 'dailyLimitExceededUnreg'],
    code: 'throttled',
    say: () =>
      'the project has used up its queries of the day. Look at console.cloud.google.com > APIs & Services > Admin SDK API > Quotas, and ask less often ("schedule").',
  },
  {
    reasons: ['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded', 'RESOURCE_EXHAUSTED'],
    code: 'throttled',
    say: (_, { what, answer }) =>
      `Google answered ${answer.status} when asked for ${what}: there were too many queries. Another client may use the same project: give rosterd a project of its own, lower "queriesPerMinute", or raise the quota at console.cloud.google.com > APIs & Services > Admin SDK API > Quotas.`,
  },
  {
    reasons: ['authError', 'required', 'UNAUTHENTICATED'],
    code: 'authentication',
    say: (w) =>
      `Google refused the access token that it had given, a fresh one too. Check that ${reader(w)} is neither suspended nor deleted, and "endpoints".`,
  },
  {
    reasons: ['invalid'],
    message: /custom_?schema|customFieldMask/i,
    code: 'incomplete',
    say: () =>
      'Google does not know a custom schema that a rule reads as attributes["Schema.field"]. Check the names at admin.google.com > Directory > Users > More options > Manage custom attributes; capitals matter.',
  },
  {
    reasons: ['invalid'],
    message: /\bquery\b/i,
    code: 'incomplete',
    say: (_, { what }) =>
      `Google does not understand the search for ${what}. Check ${/group/.test(what) ? '"groupQuery"' : '"userQuery"'} against developers.google.com/workspace/admin/directory/v1/guides/${/group/.test(what) ? 'search-groups' : 'search-users'}.`,
  },
  {
    reasons: ['notFound'],
    message: /^Domain not found/i,
    code: 'incomplete',
    say: (w) => `the account does not have one of the domains ${(w.config.domains ?? []).join(', ')}. Check "domains".`,
  },
  {
    reasons: ['badRequest', 'invalid'],
    message: /^(?:Bad Request|Invalid Input)$/,
    code: 'incomplete',
    say: (w, { what, message }) =>
      `Google does not take the request for ${what}: ${message}. Check "customer"${w.config.subject === undefined ? ', which without "subject" is the id from admin.google.com > Account > Account settings' : ''}.`,
  },
];

const scopeFor = (what: string): string => (/\buser/.test(what) ? SCOPES.users : SCOPES.groups);

/** What to do about scopes that are not delegated. */
const delegate = (where: Where, scopes: readonly string[]): string =>
  `Add ${scopes.length > 1 ? 'these scopes' : 'it'} at ${DELEGATION}, to the entry with the client id ${where.clientId ?? `of ${where.email} (its number in the Cloud console)`}; a change there takes up to a day, and most often minutes.`;

function undelegated(where: Where): string {
  const all = Object.values(SCOPES);
  const lacking = where.lacking();
  const named = lacking.length === 0 ? all : lacking;
  const which =
    lacking.length > 0 && lacking.length < all.length
      ? `the scope ${named.join(', ')} is not delegated to ${account(where)}`
      : `nothing is delegated to ${account(where)} in the organisation of ${reader(where)}, or not all of ${named.join(' and ')}`;
  return `${which}. ${delegate(where, named)}`;
}

/** What to do about a privilege that an administrator lacks. */
export function grant(where: Where, what: string): string {
  const privilege = /\buser/.test(what)
    ? 'Admin API privileges > Users > Read'
    : 'Admin API privileges > Groups > Read';
  const customer = where.config.customer?.startsWith('C') ? '; check "customer" as well' : '';
  return `Give ${reader(where)} an administrator role with the privilege "${privilege}", for the whole organisation, at ${ROLES}${customer}.`;
}

/** How far the clocks are apart, where the answer has Google's time. */
function skew({ now }: Where, { headers }: Answer): string {
  const date = Date.parse(headers.get('date') ?? '');
  const minutes = Math.round((now() - date) / 60_000);
  if (Number.isNaN(minutes) || minutes === 0) return '';
  return `: this machine's clock is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'ahead' : 'behind'}`;
}

/** The project that an answer speaks of. */
function projectIn({ message }: Said): string {
  return /\bproject(?:=| )(\w[\w-]*)/.exec(message)?.[1] ?? '';
}

const of = (said: Said): string => (projectIn(said) === '' ? '' : ` (${projectIn(said)})`);

function page(service: string, said: Said): string {
  const project = projectIn(said);
  return `https://console.cloud.google.com/apis/library/${service}${project === '' ? '' : `?project=${project}`}`;
}

/** Google's part of the fetch layer: what an answer means. */
export const explainer =
  (where: Where) =>
  (answer: Answer, { what }: Call): Explanation | undefined => {
    const said: Said = { ...wordsOf(answer), answer, what };
    const rows = rowsFor(where, what);
    const row = rows.find(
      ({ reasons, message }) => reasons.includes(said.reason) && (message === undefined || message.test(said.message)),
    );
    if (row) return { code: row.code, sentence: row.say(where, said) };
    const oauth = isObject(answer.body) && typeof answer.body.error === 'string' && said.message !== '';
    if (rows === API_ROWS || !oauth || answer.status >= 500 || answer.status === 429) return undefined;
    return {
      code: 'authentication',
      sentence:
        rows === LOGIN_ROWS
          ? `Google refused to sign ${account(where)} in: ${said.message} Check "serviceAccountKey", "subject" and "endpoints".`
          : `Google does not take the credentials of this machine: ${said.message} Log in again (gcloud auth application-default login), or look at console.cloud.google.com > IAM & Admin > Workload Identity Federation.`,
    };
  };

function rowsFor({ config }: Where, what: string): readonly Row[] {
  if (what === SIGNATURE) return IAM_ROWS;
  if (what === EXCHANGE) return LOGIN_ROWS;
  if (what !== TOKEN) return API_ROWS;
  // Without a key the first token is the machine's own, which these say nothing about.
  return config.impersonate === undefined ? LOGIN_ROWS : NO_ROWS;
}

const NO_ROWS: readonly Row[] = [];
