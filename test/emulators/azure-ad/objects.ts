import type { Reply } from '../reply.ts';
import { appRoles, may } from './apps.ts';
import { type Ask, found } from './ask.ts';
import { refuse } from './errors.ts';
import { shown, typeOf } from './properties.ts';
import { names, queryOf } from './query.ts';

/** How many ids getByIds takes. */
const MOST_IDS = 1000;

/** POST directoryObjects/getByIds: soft-deleted and unknown ids are left out without a word. */
export function getByIds(ask: Ask): Reply {
  const allowed = { kind: 'directoryObject' as const, options: ['select'], strict: ask.strict, eventual: ask.eventual };
  const { select } = queryOf(ask.parameters, allowed);
  const { ids, types } = bodyOf(ask.body);
  if (!Array.isArray(ids) || ids.length === 0) throw refuse.bad("The parameter 'ids' is missing or empty.");
  if (ids.length > MOST_IDS) throw refuse.bad(`The parameter 'ids' has more than ${MOST_IDS} values.`);
  const kinds = Array.isArray(types) ? types.map((each) => String(each).replace('microsoft.graph.', '')) : null;
  if (!may(ask.holder, 'objects')) throw refuse.permission();
  const objects = ids.flatMap((id) => ask.tenant.find(String(id)) ?? []);
  const value = objects
    .filter(
      ({ deleted, kind }) => !deleted && (kinds === null || kinds.includes(kind) || kinds.includes('directoryObject')),
    )
    .map((object) => ({ '@odata.type': typeOf(object), ...shown(object, select) }));
  return found({ '@odata.context': `${ask.root}/$metadata#directoryObjects`, value });
}

function bodyOf(body: string): { ids?: unknown; types?: unknown } {
  try {
    const value: unknown = JSON.parse(body);
    return value && typeof value === 'object' ? { ...value } : {};
  } catch {
    throw refuse.request(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
  }
}

const ORGANIZATION = [
  'id',
  'displayName',
  'tenantType',
  'verifiedDomains',
  'createdDateTime',
  'countryLetterCode',
  'onPremisesSyncEnabled',
  'onPremisesLastSyncDateTime',
];

/** GET organization: the tenant itself, the only row. */
export function organization(ask: Ask): Reply {
  const parameters = new URLSearchParams(ask.parameters);
  const asked = parameters.get('$select') ?? parameters.get('select');
  parameters.delete('$select');
  parameters.delete('select');
  queryOf(parameters, { kind: 'directoryObject', options: [], strict: ask.strict, eventual: ask.eventual });
  if (!may(ask.holder, 'organization')) throw refuse.permission();
  const all: Readonly<Record<string, unknown>> = {
    id: ask.tenantId,
    displayName: ask.organisationName,
    tenantType: 'AAD',
    createdDateTime: '2020-01-01T00:00:00Z',
    countryLetterCode: 'NO',
    onPremisesSyncEnabled: null,
    onPremisesLastSyncDateTime: null,
    verifiedDomains: [
      {
        capabilities: 'Email, OfficeCommunicationsOnline',
        isDefault: true,
        isInitial: true,
        name: ask.tenant.domain,
        type: 'Managed',
      },
    ],
  };
  const wanted = asked?.split(',').map((name) => name.trim()) ?? ORGANIZATION;
  for (const name of wanted) if (!(name in all)) throw refuse.property(name, 'organization');
  const value = [Object.fromEntries(wanted.map((name) => [name, all[name]]))];
  return found({
    '@odata.context': `${ask.root}/$metadata#organization${asked ? `(${wanted.join(',')})` : ''}`,
    value,
  });
}

/** GET servicePrincipals/{id}, or servicePrincipals(appId='…'). */
export function oneServicePrincipal(ask: Ask, id: string): Reply {
  const parameters = new URLSearchParams(ask.parameters);
  const asked = parameters.get('$select');
  if (!may(ask.holder, 'servicePrincipals')) throw refuse.permission();
  const object = servicePrincipal(ask, id);
  const select = asked === null ? null : names(asked, 'servicePrincipal');
  return found({ '@odata.context': `${ask.root}/$metadata#servicePrincipals/$entity`, ...shown(object, select) });
}

/** GET servicePrincipals/{id}/appRoleAssignments: what was consented to, which may be more than a token holds yet. */
export function grantedTo(ask: Ask, id: string): Reply {
  if (!may(ask.holder, 'servicePrincipals')) throw refuse.permission();
  const object = servicePrincipal(ask, id);
  const app = ask.apps.find(({ objectId }) => objectId === object.id);
  const value = [...(app?.permissions ?? [])].map((permission) => ({
    id: Buffer.from(`${object.id} ${permission}`).toString('base64url'),
    deletedDateTime: null,
    appRoleId: appRoles[permission] ?? permission,
    principalDisplayName: object.properties.displayName,
    principalId: object.id,
    principalType: 'ServicePrincipal',
    resourceDisplayName: 'Microsoft Graph',
    resourceId: '00000003-0000-0000-c000-000000000000',
  }));
  return found({
    '@odata.context': `${ask.root}/$metadata#servicePrincipals('${object.id}')/appRoleAssignments`,
    value,
  });
}

function servicePrincipal(ask: Ask, id: string) {
  const object = ask.tenant.find(id);
  if (object?.kind !== 'servicePrincipal' || object.deleted) throw refuse.missing(id);
  return object;
}
