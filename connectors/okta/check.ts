import { Failure } from '../../src/model/failure.ts';
import type { Finding, Surroundings } from '../connector.ts';
import { look, refusalOf, TRIES } from '../findings.ts';
import { grant } from './errors.ts';
import { GROUPS, membersOfGroup, type Org, USERS } from './org.ts';
import { isEveryone, readGroup } from './read.ts';
import type { OktaConfig } from './schema.ts';

/** Looks at everything a pass needs, in the order in which it would fail. What cannot be looked at any more is left out. */
export async function checkOrg(
  org: Org,
  config: OktaConfig,
  { source }: Surroundings,
  signal: AbortSignal,
): Promise<Finding[]> {
  const at = { source, signal };
  let failed: Failure | undefined;
  const reachable = await look('reachable', at, async () => {
    failed = await refusalOf(() => org.signIn(signal, TRIES));
    return `Okta answers at ${org.tenant}.`;
  });
  if (!reachable.ok) return [reachable];
  const accepted = await look('credentials', at, async () => {
    // What an API token may read is looked at below.
    if (failed && !(config.apiToken && failed.code === 'permission')) throw failed;
    return config.apiToken ? 'The API token is accepted.' : `The application "${config.clientId}" is accepted.`;
  });
  if (!accepted.ok) return [reachable, accepted];
  const users = await look('permission to read users', at, async () => {
    scoped(org, config, 'okta.users.read');
    await usersSeen(org, signal);
    return 'Users may be read.';
  });
  let everyone = false;
  const groups = await look('permission to read groups', at, async () => {
    scoped(org, config, 'okta.groups.read');
    everyone = await groupsSeen(org, signal);
    return 'Groups and their members may be read.';
  });
  if (!groups.ok) return [reachable, accepted, users, groups];
  return [reachable, accepted, users, groups, wholeOrg(everyone)];
}

const usersSeen = (org: Org, signal: AbortSignal) => org.users({ ...USERS, attempts: TRIES }, { limit: 1 }, signal);

/** Lists the groups that come with an org, and the members of one of what there is. Whether Everyone is among them. */
async function groupsSeen(org: Org, signal: AbortSignal): Promise<boolean> {
  const asked = { ...GROUPS, attempts: TRIES };
  const read = async (filter?: string) => {
    const { rows } = await org.groups(asked, { limit: 10, ...(filter === undefined ? {} : { filter }) }, signal);
    return rows.flatMap((json) => readGroup(json, []) ?? []);
  };
  const builtIn = await read('type eq "BUILT_IN"');
  const everyone = builtIn.find(isEveryone);
  const [some = everyone] = everyone ? [everyone] : await read();
  if (some) await org.members({ ...membersOfGroup(some.id), attempts: TRIES }, some.id, 1, signal);
  return everyone !== undefined;
}

/** Okta gives a token without the scopes that were not granted, and says so. */
function scoped(org: Org, config: OktaConfig, scope: string): void {
  if (org.holds(scope) !== false || org.holds(scope.replace('.read', '.manage')) === true) return;
  throw new Failure(
    'permission',
    `The application "${config.clientId}" lacks the scope ${scope}. ${grant(config, scope)}`,
  );
}

/** A smaller role is allowed, and may be meant: a warning, never a refusal. */
const wholeOrg = (everyone: boolean): Finding => ({
  what: 'the whole org',
  ok: true,
  detail: everyone
    ? 'The group Everyone is seen, which roles for some groups do not show. Whether a custom role hides single people or groups cannot be seen from here.'
    : 'Warning: the group Everyone is not seen, so that the role of the credentials sees a part of the org only, such as the groups of a group administrator. Users and groups outside of it look as if there were none. Where all of the org is meant, give the role Read-Only Administrator.',
});
