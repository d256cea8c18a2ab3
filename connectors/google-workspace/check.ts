import type { Failure } from '../../src/model/failure.ts';
import type { Finding, Surroundings } from '../connector.ts';
import { look, refusalOf, TRIES } from '../findings.ts';
import type { Json } from '../http/pages.ts';
import { type Directory, GROUPS, membersOfGroup, USERS } from './directory.ts';
import { endpointsOf, type GoogleWorkspaceConfig, partsOf, SCOPES } from './schema.ts';

/** Looks at everything a pass needs, in the order in which it would fail. What cannot be looked at any more is left out. */
export async function checkDirectory(
  directory: Directory,
  config: GoogleWorkspaceConfig,
  { source }: Pick<Surroundings, 'source'>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const at = { source, signal };
  const { subject } = config;
  const { email } = directory.where;
  let failed: Failure | undefined;
  const reachable = await look('reachable', at, async () => {
    failed = await refusalOf(() => directory.signIn(signal, TRIES));
    return `Google answers at ${endpointsOf(config).token}.`;
  });
  if (!reachable.ok) return [reachable];
  const accepted = await look('credentials', at, async () => {
    if (failed) throw failed;
    return `The service account ${email} is accepted${subject === undefined ? '' : ` and may act for ${subject}`}.`;
  });
  if (!accepted.ok) return [reachable, accepted];

  const parts = partsOf(config);
  const users = await look('permission to read users', at, async () => {
    const query = { fields: 'id', schemas: [], maxResults: 1, query: config.userQuery };
    for (const part of parts) await directory.users({ what: USERS, attempts: TRIES }, part, query, signal);
    return `Users may be read (${SCOPES.users}).`;
  });
  const some: Json[] = [];
  const groups = await look('permission to read groups', at, async () => {
    const query = { fields: 'id', maxResults: 1, query: config.groupQuery };
    for (const part of parts)
      some.push(...(await directory.groups({ what: GROUPS, attempts: TRIES }, part, query, signal)).rows);
    return `Groups may be read (${SCOPES.groups}).`;
  });
  if (!groups.ok) return [reachable, accepted, users, groups];
  const members = await look('permission to read members', at, async () => {
    const [group] = some;
    if (typeof group?.id !== 'string') return 'There is no group yet whose members could be read.';
    const asked = { what: membersOfGroup(group.id), attempts: TRIES };
    await directory.members(asked, group.id, { fields: 'id', maxResults: 1 }, signal);
    return `The members of groups may be read (${SCOPES.groups}).`;
  });
  return [reachable, accepted, users, groups, members];
}
