import type { SourceGroup } from '../../src/model/group.ts';
import type { SourceUser } from '../../src/model/user.ts';
import { type Directory, GROUPS, USERS } from './directory.ts';
import { SIZES, walk } from './lists.ts';
import { type GoogleWorkspaceConfig, type Part, partsOf } from './schema.ts';

/** Whether what was read by id is among what a listing would have: of the domains and searches of the source. */
export interface Scope {
  hasUser(user: Pick<SourceUser, 'id' | 'attributes'>): Promise<boolean>;
  hasGroup(group: Pick<SourceGroup, 'id' | 'email'>): Promise<boolean>;
}

/** Google alone knows what its searches find: a user is asked for once more, the groups of a search are listed once. */
export function scopeOf(directory: Directory, config: GoogleWorkspaceConfig, signal: AbortSignal): Scope {
  const { userQuery, groupQuery, domains } = config;
  const parts = partsOf(config);
  const partOf = (email: string | null): Part | undefined => {
    if (!domains) return parts[0];
    const domain = (email ?? '').slice((email ?? '').lastIndexOf('@') + 1).toLowerCase();
    return parts.find((part) => 'domain' in part && part.domain === domain);
  };
  let found: Promise<ReadonlySet<unknown>> | undefined;

  async function foundGroups(): Promise<ReadonlySet<unknown>> {
    const ids = new Set<unknown>();
    const query = { fields: 'id', maxResults: SIZES.groups, query: groupQuery };
    for (const part of parts) {
      const pages = walk(directory, GROUPS, (pageToken) =>
        directory.groups({ what: GROUPS }, part, { ...query, pageToken }, signal),
      );
      for await (const { rows } of pages) for (const { id } of rows) ids.add(id);
    }
    return ids;
  }

  return {
    hasUser: async ({ id, attributes: { userName } }) => {
      const part = partOf(userName);
      if (!part || userQuery === undefined) return part !== undefined;
      const query = `${userQuery} email='${(userName ?? '').replace(/['\\]/g, '\\$&')}'`;
      const asked = { fields: 'id', schemas: [], maxResults: SIZES.users, query };
      const { rows } = await directory.users({ what: USERS }, part, asked, signal);
      return rows.some((row) => row.id === id);
    },
    hasGroup: async ({ id, email }) => {
      if (!partOf(email)) return false;
      if (groupQuery === undefined) return true;
      found ??= foundGroups();
      return (await found).has(id);
    },
  };
}
