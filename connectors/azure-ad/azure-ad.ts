import type { Connector, Surroundings } from '../connector.ts';
import { changesSince } from './changes.ts';
import { checkTenant } from './check.ts';
import { openGraph } from './graph.ts';
import { askingFor } from './lists.ts';
import { groupQuery, lookUp, membersAgain, userQuery } from './lookup.ts';
import { readers } from './readers.ts';
import type { AzureAdConfig } from './schema.ts';
import { listTenant } from './snapshot.ts';

/** Reads one tenant of Entra ID over Microsoft Graph. */
export function azureAd(config: AzureAdConfig, surroundings: Surroundings): Connector {
  const graph = openGraph(config, surroundings);
  const { clock } = surroundings;
  const { managers } = config;
  return {
    tenant: graph.tenant,
    check: (signal) => checkTenant(graph, config, surroundings, signal),
    snapshot: (want, signal) => listTenant(graph, config, want, signal, surroundings),
    changes: (since, want, signal) => changesSince(graph, since, { want, managers, signal }, surroundings),
    readUsers: (ids, want, signal) => {
      const query = userQuery(askingFor(want, managers));
      return lookUp(graph, ids, { name: 'user', query, read: readers(graph, want).user }, clock, signal);
    },
    readGroups: (ids, want, signal) => {
      const query = groupQuery(askingFor(want, managers));
      return lookUp(graph, ids, { name: 'group', query, read: readers(graph, want).group }, clock, signal);
    },
    readMembers: (ids, signal) => membersAgain(graph, ids, clock, signal),
    requests: () => graph.http.requests(),
    usage: () => graph.http.usage(),
    ...(graph.credential ? { credentialExpires: graph.credential.expires } : {}),
    close: () => graph.http.close(),
  };
}
