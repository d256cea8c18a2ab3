import type { Connector, Surroundings } from '../connector.ts';
import { checkDirectory } from './check.ts';
import { openDirectory } from './directory.ts';
import { groupsById, membersAgain, usersById } from './lookup.ts';
import type { GoogleWorkspaceConfig } from './schema.ts';
import { listDirectory } from './snapshot.ts';

/** Reads one Google Workspace account over the Directory API. Google has no list of changes: every pass is a full one. */
export function googleWorkspace(config: GoogleWorkspaceConfig, surroundings: Surroundings): Connector {
  const directory = openDirectory(config, surroundings);
  return {
    tenant: directory.tenant,
    check: (signal) => checkDirectory(directory, config, surroundings, signal),
    snapshot: (want, signal) => listDirectory(directory, config, want, signal, surroundings),
    readUsers: (ids, want, signal) => usersById(directory, config, ids, want, signal),
    readGroups: (ids, want, signal) => groupsById(directory, config, ids, want, signal),
    readMembers: (ids, signal) => membersAgain(directory, ids, signal),
    requests: () => directory.http.requests(),
    usage: () => directory.http.usage(),
    close: () => directory.http.close(),
  };
}
