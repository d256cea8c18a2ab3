import type { admin_directory_v1 as vendor } from '@googleapis/admin';
import type { Reply } from '../reply.ts';
import { type Ask, domainOf, found, may } from './ask.ts';
import type { OrderBy } from './directory.ts';
import { refuse } from './errors.ts';
import type { DirectoryUser } from './kinds.ts';
import { page } from './list.ts';
import type { Allowed } from './parameters.ts';
import { publicView, represent, type Schemas } from './represent.ts';
import { userSearch } from './search-users.ts';

export const userParameters: Allowed = {
  projection: ['basic', 'custom', 'full'],
  customFieldMask: 'text',
  viewType: ['admin_view', 'domain_public'],
};

export const usersParameters: Allowed = {
  ...userParameters,
  customer: 'text',
  domain: 'text',
  maxResults: { most: 500 },
  pageToken: 'text',
  query: 'text',
  orderBy: ['email', 'familyName', 'givenName'],
  sortOrder: ['ASCENDING', 'DESCENDING'],
  showDeleted: 'text',
  event: ['add', 'delete', 'makeAdmin', 'undelete', 'update'],
};

/** GET users. `showDeleted` gives the deleted ones only. */
export function listUsers(ask: Ask): Reply {
  const { directory, parameters } = ask;
  const view = viewOf(ask);
  const domain = domainOf(ask);
  const test = userSearch(parameters.text('query'), directory);
  const by = orderOf(parameters.text('orderBy'));
  const reverse = parameters.text('sortOrder') === 'DESCENDING';
  const places = parameters.flag('showDeleted') ? directory.listedDeleted(by) : directory.listedUsers(by);
  return page(ask, {
    places: reverse ? [...places].reverse() : places,
    reverse,
    test: (user) => (domain === null || user.primaryEmail.endsWith(`@${domain}`)) && test(user),
    row: view,
    name: 'users',
    usual: 100,
  });
}

/** GET users/{userKey}, by id, address or alias. */
export function oneUser(ask: Ask, [key = '']: readonly string[]): Reply {
  const { directory, settings } = ask;
  const view = viewOf(ask);
  const user = directory.findUser(key);
  if (user) return found(ask, view(user));
  if (directory.findGroup(key)) throw refuse.type('userKey');
  throw directory.findDeleted(key) && settings.deletedUser === 412 ? refuse.deleted() : refuse.missing('userKey');
}

/** How a user is shown. @throws Refusal where that may not be seen */
function viewOf(ask: Ask): (user: DirectoryUser) => vendor.Schema$User {
  const schemas = schemasOf(ask);
  if (ask.parameters.text('viewType') === 'domain_public') {
    if (ask.holder.user === null) throw refuse.forbidden();
    return (user) => publicView(represent(user, ask.directory));
  }
  if (!may(ask, 'USERS_RETRIEVE')) throw refuse.forbidden();
  return (user) => represent(user, ask.directory, schemas);
}

/** The mask goes with projection=custom, and with no other. */
function schemasOf({ parameters, directory }: Ask): Schemas {
  const [projection, mask] = [parameters.text('projection') ?? 'basic', parameters.text('customFieldMask')];
  if ((projection === 'custom') !== (mask !== null)) throw refuse.input('customFieldMask');
  if (mask === null) return projection === 'full' ? 'all' : 'none';
  const names = mask.split(',').map((name) => name.trim());
  for (const name of names) if (!directory.hasSchema(name)) throw refuse.input('custom_schema');
  return names;
}

const orderOf = (text: string | null): OrderBy => (text === 'familyName' || text === 'givenName' ? text : 'email');
