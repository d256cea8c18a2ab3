import type { Answer, Explanation, FetchCode } from '../http/errors.ts';
import { excerpt } from '../http/excerpt.ts';
import type { Call } from '../http/http.ts';
import { isObject } from '../http/pages.ts';
import { TOKEN } from '../http/token.ts';
import { type AzureAdConfig, endpointsOf } from './schema.ts';

/** Graph's own word for an id that it does not have. Any other 404 says nothing about an object. */
export const NOT_FOUND = 'Request_ResourceNotFound';
/** A link to a next page that came too late (400). */
export const EXPIRED_PAGE = 'Directory_ExpiredPageToken';
/** Graph's words for a request that the application has no permission for. A proxy's 403 has others. */
const DENIED: readonly string[] = ['Authorization_RequestDenied', 'Authentication_MSGraphPermissionMissing'];

/** The application permissions of a pass: what each is for (learn.microsoft.com/graph/permissions-reference). */
export const PERMISSIONS = { users: 'User.Read.All', groups: 'GroupMember.Read.All', hidden: 'Member.Read.Hidden' };

type Where = Pick<AzureAdConfig, 'tenantId' | 'clientId' | 'cloud' | 'endpoints' | 'certificate'>;

interface Row {
  /** AADSTS numbers at the token endpoint, else Graph's error codes; several that mean the same. */
  codes: readonly (number | string)[];
  /** Only with this status. */
  status?: number;
  code: FetchCode;
  /** What happened and what to do now. */
  say: (where: Where, found: { what: string; message: string }) => string;
}

const app = ({ clientId }: Where): string => `the application "${clientId}"`;
const tenant = ({ tenantId }: Where): string => `tenant "${tenantId}"`;
/** The page of the portal where an application is kept. */
export const registration = (where: Where): string => `${endpointsOf(where).portal} > App registrations > All`;

/**
 * What the token endpoint refuses (learn.microsoft.com/entra/identity-platform/reference-error-codes). docs/azure-ad.md
 * has the same table.
 */
export const LOGIN_ROWS: readonly Row[] = [
  {
    codes: [7000215],
    code: 'authentication',
    say: (w) =>
      `Entra ID does not accept the secret of ${app(w)}. "clientSecret" takes the secret's value, which the portal shows once, when it is made; not the secret's id. Make a new one at ${registration(w)} > Certificates & secrets.`,
  },
  {
    codes: [7000222],
    code: 'authentication',
    say: (w) =>
      `the secret of ${app(w)} has expired. Make a new one at ${registration(w)} > Certificates & secrets, and put its value where "clientSecret" is read from.`,
  },
  {
    codes: [700016, 7000229],
    code: 'authentication',
    say: (w) =>
      `${tenant(w)} has no application "${w.clientId}". Check "clientId" (the application id, not the object id) and "tenantId"; an application of another tenant needs an administrator's consent in this one.`,
  },
  {
    codes: [90002, 900021, 900023, 50059],
    code: 'authentication',
    say: (w) =>
      `there is no ${tenant(w)} in this cloud. Check "tenantId" (the directory id on the portal's overview page) and "cloud".`,
  },
  {
    codes: [90038, 900382, 900384],
    code: 'authentication',
    say: (w) => `${tenant(w)} is in another of Microsoft's clouds than "${w.cloud}". Check "cloud".`,
  },
  {
    codes: [500011, 1002012, 70011],
    code: 'authentication',
    say: (w) =>
      `${tenant(w)} knows no Microsoft Graph at ${endpointsOf(w).graph}. Check "cloud"; an address in "endpoints" must be one that Graph itself has, or lead to it.`,
  },
  {
    codes: [700027, 7000271, 7000272],
    code: 'authentication',
    say: (w) =>
      `Entra ID does not know the certificate that signs for ${app(w)}, or it has expired. Upload ${w.certificate?.path ?? 'it'} at ${registration(w)} > Certificates & secrets > Certificates.`,
  },
  {
    codes: [700024],
    code: 'authentication',
    say: () => "Entra ID finds the signed request too old or too new. Set this machine's clock right (NTP).",
  },
  {
    codes: [700021, 700023, 50027, 50013],
    code: 'authentication',
    say: (w) =>
      `Entra ID does not take the signed request of ${app(w)} for its own. Check "clientId", "tenantId" and "endpoints.login".`,
  },
  {
    codes: [7000218],
    code: 'authentication',
    say: (w) =>
      `${app(w)} came without a credential to Entra ID. Look at proxies between that may drop the body of a request.`,
  },
  {
    codes: [53000, 53001, 53002, 53003, 530003, 530035, 50076, 50079, 50158],
    code: 'authentication',
    say: (w) =>
      `a Conditional Access policy of ${tenant(w)} does not let ${app(w)} sign in from here. Look at the policies for workload identities, and at the sign-in logs > Service principal sign-ins, which name the policy.`,
  },
  {
    codes: [65001, 650052, 650056, 650057],
    code: 'permission',
    say: (w) =>
      `no administrator of ${tenant(w)} has consented to the permissions of ${app(w)}. Grant them at ${registration(w)} > API permissions > Grant admin consent.`,
  },
  {
    codes: [501051, 7000112, 7000113, 50105],
    code: 'authentication',
    say: (w) =>
      `${app(w)} is disabled, or not assigned, in ${tenant(w)}. Look at ${endpointsOf(w).portal} > Enterprise applications > the application > Properties.`,
  },
  {
    codes: [700054, 70001, 70002, 90014, 900144, 70003],
    code: 'authentication',
    say: (w, { message }) =>
      `Entra ID refused to sign ${app(w)} in: ${message} Check "tenantId", "clientId" and "endpoints.login".`,
  },
];

/** What Graph refuses (learn.microsoft.com/graph/errors). */
export const GRAPH_ROWS: readonly Row[] = [
  {
    codes: ['Authorization_IdentityNotFound'],
    code: 'authentication',
    say: (w) =>
      `Graph does not find ${app(w)} in the directory it was asked about. Check that "tenantId" is the tenant where it was registered or consented to; after a new registration, wait some minutes.`,
  },
  {
    codes: ['Directory_QuotaExceeded', 'Authentication_RequestFromNonPremiumTenantOrB2CTenant'],
    code: 'permission',
    say: (w, { what }) => `${tenant(w)} has no licence for ${what}. Leave out the property that needs it.`,
  },
  {
    codes: DENIED,
    status: 403,
    code: 'permission',
    say: (w, { what, message }) => `${app(w)} may not read ${what}. ${grantFor(w, what, message)}`,
  },
  {
    codes: ['InvalidAuthenticationToken', 'CompactToken validation failed', 'Authentication_ExpiredToken'],
    status: 401,
    code: 'authentication',
    say: () =>
      `Graph refused the access token that Entra ID had given, a fresh one too. Check "cloud" and "endpoints", this machine's clock, and Conditional Access policies for workload identities (continuous access evaluation).`,
  },
];

/** What to do about a permission that is missing. */
export const grant = (where: Where, permission: string): string =>
  `Add the application permission ${permission} of Microsoft Graph at ${registration(where)} > ${where.clientId} > API permissions, and grant admin consent; it holds for tokens asked for after that.`;

/** Graph names the permission, or does not; some properties need one of their own. */
function grantFor(where: Where, what: string, message: string): string {
  const named = /\bpermission(?:\(s\)|s)?:? ([A-Z][\w-]+(?:\.\w+){1,3})\b/.exec(message)?.[1];
  if (named !== undefined) return grant(where, named);
  const usual = /\buser/.test(what) ? PERMISSIONS.users : PERMISSIONS.groups;
  return `${grant(where, usual)} Where it has that, a rule reads a property that needs another one: Graph's reference names it, such as User-LifeCycleInfo.Read.All for employeeLeaveDateTime.`;
}

/** Entra's part of the fetch layer: what an answer means. */
export const explainer =
  (where: Where) =>
  (answer: Answer, { what }: Call): Explanation | undefined => {
    const found = what === TOKEN ? atLogin(answer) : atGraph(answer);
    const row = (what === TOKEN ? LOGIN_ROWS : GRAPH_ROWS).find(
      ({ codes, status }) =>
        (status === undefined || status === answer.status) && found.codes.some((code) => codes.includes(code)),
    );
    if (row) return { code: row.code, sentence: row.say(where, { what, message: found.message }) };
    const property = unknownProperty(answer);
    if (property !== undefined) return { code: 'incomplete', sentence: noProperty(property, what) };
    if (what === TOKEN && answer.status < 500 && answer.status !== 429 && found.message !== '')
      return {
        code: 'authentication',
        sentence: `Entra ID refused to sign ${app(where)} in: ${found.message} Check "tenantId", "clientId", the credential and "cloud".`,
      };
    return undefined;
  };

/** Whether Graph itself says that the application may not read this. */
export const denies = (answer: Answer): boolean => answer.status === 403 && DENIED.includes(codeOf(answer));

/** The `error.code` of Graph's JSON; empty for what is not Graph's, such as a proxy's page. */
export function codeOf({ body }: Answer): string {
  return isObject(body) && isObject(body.error) && typeof body.error.code === 'string' ? body.error.code : '';
}

function atGraph(answer: Answer): { codes: readonly string[]; message: string } {
  const { body } = answer;
  const message = isObject(body) && isObject(body.error) ? body.error.message : '';
  return { codes: [codeOf(answer)], message: typeof message === 'string' ? excerpt(message, 300) : '' };
}

/** OAuth's shape, with the AADSTS number in `error_codes` and in the text. */
function atLogin({ body }: Answer): { codes: readonly number[]; message: string } {
  if (!isObject(body)) return { codes: [], message: '' };
  const text = typeof body.error_description === 'string' ? body.error_description : '';
  const named = Array.isArray(body.error_codes) ? body.error_codes.filter((code) => typeof code === 'number') : [];
  const written = /AADSTS(\d+)/.exec(text)?.[1];
  // Without the ids of the trace, which are another for each request.
  const message = excerpt(text.replace(/\s*Trace ID:[\s\S]*$/i, ''), 300);
  return { codes: written === undefined ? named : [...named, Number(written)], message };
}

/** learn.microsoft.com/graph/errors: 400 for a `$select` of what there is not. */
export const unknownProperty = (answer: Answer): string | undefined =>
  answer.status === 400
    ? /Could not find a property named '([^']{1,200})'/.exec(atGraph(answer).message)?.[1]
    : undefined;

/** Properties that no list has, whatever the permissions (learn.microsoft.com/graph/api/resources/user and group). */
const ALONE = new Set(
  [
    ...['aboutMe', 'birthday', 'hireDate', 'interests', 'mailboxSettings', 'mySite', 'pastProjects', 'preferredName'],
    ...['responsibilities', 'schools', 'skills'],
    ...['allowExternalSenders', 'autoSubscribeNewMembers', 'hideFromAddressLists', 'hideFromOutlookClients'],
    ...['isSubscribedByMail', 'unseenCount'],
  ].map((name) => name.toLowerCase()),
);
const isAlone = (name: string): boolean => ALONE.has(name.toLowerCase());

/** Whether no answer can make a property readable; an object that needs a permission of its own is not worth granting it. */
export const isNeverValue = (name: string): boolean => isAlone(name) || /^signInActivity$/i.test(name);

/** What a rule cannot read: not in lists, or no text, number, true or false, nor a list of such. */
export const isNoValue = (name: string, what: string): string => {
  const how = isAlone(name) ? 'is given by Graph of one object at a time, never in a list' : 'is an object at Graph';
  return `"${name}" of ${what}, which a rule reads as attributes["${name}"], ${how}. A rule can read texts, numbers, true and false, and lists of them: take it out of the rule.`;
};

const noProperty = (name: string, what: string): string =>
  `Graph knows no property "${name}" of ${what.replace('changes of ', '')}, which a rule reads as attributes["${name}"]. Check its name: a directory extension is called extension_ and the application id without dashes, _ and its name.`;
