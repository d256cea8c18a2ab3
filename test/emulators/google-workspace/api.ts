import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { scopes } from './accounts.ts';
import type { Ask } from './ask.ts';
import { listDomains, oneCustomer } from './customers.ts';
import { refuse } from './errors.ts';
import { selectionOf } from './fields.ts';
import { groupsParameters, listGroups, oneGroup } from './groups.ts';
import { hasMember, listMembers, membersParameters, oneMember } from './members.ts';
import { type Allowed, parametersOf } from './parameters.ts';
import { shapes } from './shapes.ts';
import { listUsers, oneUser, userParameters, usersParameters } from './users.ts';

interface Method {
  /** Of the service behind the API, as errors name it. */
  name: string;
  /** Below admin/directory/v1; `{key}` stands for any part. */
  path: string;
  /** One of these is needed. */
  scopes: readonly string[];
  parameters: Allowed;
  shape: keyof typeof shapes;
  answer(ask: Ask, keys: readonly string[]): Reply;
}

/** The scope that reads, with the one that writes too. */
const either = (scope: string): string[] => [scope, scope.replace('.readonly', '')];
const members = [...either(scopes.groups), ...either(scopes.members)];

const methods: readonly Method[] = [
  {
    ...{ name: 'DirectoryUsers.List', path: 'users', parameters: usersParameters },
    ...{ scopes: [...either(scopes.users), scopes.cloud], shape: 'users', answer: listUsers },
  },
  {
    ...{ name: 'DirectoryUsers.Get', path: 'users/{key}', parameters: userParameters },
    ...{ scopes: either(scopes.users), shape: 'user', answer: oneUser },
  },
  {
    ...{ name: 'DirectoryGroups.List', path: 'groups', parameters: groupsParameters },
    ...{ scopes: either(scopes.groups), shape: 'groups', answer: listGroups },
  },
  {
    ...{ name: 'DirectoryGroups.Get', path: 'groups/{key}', parameters: {} },
    ...{ scopes: either(scopes.groups), shape: 'group', answer: oneGroup },
  },
  {
    ...{ name: 'DirectoryMembers.List', path: 'groups/{key}/members', parameters: membersParameters },
    ...{ scopes: members, shape: 'members', answer: listMembers },
  },
  {
    ...{ name: 'DirectoryMembers.Get', path: 'groups/{key}/members/{key}', parameters: {} },
    ...{ scopes: members, shape: 'member', answer: oneMember },
  },
  {
    ...{ name: 'DirectoryMembers.HasMember', path: 'groups/{key}/hasMember/{key}', parameters: {} },
    ...{ scopes: members, shape: 'hasMember', answer: hasMember },
  },
  {
    ...{ name: 'DirectoryCustomers.Get', path: 'customers/{key}', parameters: {} },
    ...{ scopes: either(scopes.customer), shape: 'customer', answer: oneCustomer },
  },
  {
    ...{ name: 'DirectoryDomains.List', path: 'customer/{key}/domains', parameters: {} },
    ...{ scopes: either(scopes.domains), shape: 'domains', answer: listDomains },
  },
];

export const ROOT = '/admin/directory/v1/';

/** @throws Refusal */
export function answerOf(request: Received, given: Omit<Ask, 'parameters' | 'selection' | 'path'>): Reply {
  const parts = request.path.slice(ROOT.length).split('/').map(decoded);
  const method = methods.find(({ path }) => fits(path.split('/'), parts));
  // The emulated directory is edited by its tests, never over HTTP.
  if (!method || request.method !== 'GET') throw refuse.path();
  if (!method.scopes.some((scope) => given.holder.scopes.has(scope))) throw refuse.scope(method.name);
  const parameters = parametersOf(request.query, method.parameters);
  const selection = selectionOf(parameters.text('fields'), shapes[method.shape]);
  const pattern = method.path.split('/');
  const keys = parts.filter((_, at) => pattern[at] === '{key}');
  return method.answer({ ...given, parameters, selection, path: request.path }, keys);
}

const fits = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length &&
  pattern.every((each, at) => each === parts[at] || (each === '{key}' && parts[at] !== ''));

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
