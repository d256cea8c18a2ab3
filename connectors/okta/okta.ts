import type { SourceGroup } from '../../src/model/group.ts';
import type { Connector, Surroundings } from '../connector.ts';
import type { Json } from '../http/pages.ts';
import { changesSince } from './changes.ts';
import { checkOrg } from './check.ts';
import { isOf } from './groups.ts';
import { lookUp, membersAgain } from './lookup.ts';
import { openOrg } from './org.ts';
import { fromCursor } from './position.ts';
import { readGroup, readUser } from './read.ts';
import { type OktaConfig, statusesOf } from './schema.ts';
import { listOrg } from './snapshot.ts';

/** Reads one org of Okta over its Management API. */
export function okta(config: OktaConfig, surroundings: Surroundings): Connector {
  const org = openOrg(config, surroundings);
  const statuses = statusesOf(config);
  return {
    tenant: org.tenant,
    check: (signal) => checkOrg(org, config, surroundings, signal),
    snapshot: (want, signal, last) =>
      listOrg({ org, config, surroundings }, want, signal, undefined, last ? fromCursor(last) : null),
    changes: (since, want, signal) => changesSince({ org, config, surroundings }, since, want, signal),
    readUsers: (ids, want, signal) =>
      lookUp(org, ids, { name: 'user', ask: org.user, read: (json) => readUser(json, want.users, statuses) }, signal),
    readGroups: (ids, want, signal) => {
      const keep = (group: SourceGroup) => isOf(config.groupTypes, group);
      const read = (json: Json) => readGroup(json, want.groups);
      return lookUp(org, ids, { name: 'group', ask: org.group, read, keep }, signal);
    },
    readMembers: (ids, signal) => membersAgain(org, ids, signal),
    requests: () => org.http.requests(),
    usage: () => org.http.usage(),
    close: () => org.http.close(),
  };
}
