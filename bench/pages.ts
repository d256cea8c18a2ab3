import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Connector } from '../connectors/connector.ts';
import { readGroup, readUser } from '../connectors/keycloak/read.ts';
import type { Item } from '../src/model/snapshot.ts';

/** The bodies of one file, as bytes; what a network would have brought. */
export async function* bodies(file: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    let block = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10)) {
      yield block.subarray(0, end);
      block = block.subarray(end + 1);
    }
    rest = block;
  }
}

const parse = <T>(body: Buffer): T => JSON.parse(body.toString('utf8')) as T;

/** The floor: every page read, decoded and parsed, and nothing done with it. @returns how many pages there were */
export async function floor(tenant: string): Promise<number> {
  let pages = 0;
  for (const file of ['users', 'groups', 'members']) {
    for await (const body of bodies(join(tenant, file))) {
      parse(body);
      pages++;
    }
  }
  return pages;
}

type Json = Record<string, unknown>;

/** A connector whose pages come from files; it reads records as the Keycloak connector does. */
export function connectorTo(tenant: string): Connector {
  let users = 0;
  let groups = 0;
  async function* items(): AsyncGenerator<Item[]> {
    for await (const body of bodies(join(tenant, 'users'))) {
      const page = parse<Json[]>(body).flatMap((json): Item[] => {
        const user = readUser(json, []);
        return user ? [{ user }] : [];
      });
      users += page.length;
      yield page;
    }
    for await (const body of bodies(join(tenant, 'groups'))) {
      const page = parse<Json[]>(body).flatMap((json): Item[] => {
        const group = readGroup(json, []);
        return group ? [{ group }] : [];
      });
      groups += page.length;
      yield page;
    }
    for await (const body of bodies(join(tenant, 'members'))) {
      const {
        group,
        members,
        groups: children,
      } = parse<{ group: string; members: { id: string }[]; groups: string[] }>(body);
      const list = [
        ...members.map(({ id }) => ({ kind: 'user' as const, id })),
        ...children.map((id) => ({ kind: 'group' as const, id })),
      ];
      yield [{ membersOf: group, list, last: true }];
    }
  }
  async function* absent(ids: readonly string[]) {
    for (const id of ids) yield { id, is: 'absent' as const };
  }
  return {
    tenant,
    check: async () => [],
    snapshot: () => ({
      absence: 'vanished',
      items: items(),
      end: () => ({ counts: { users: { listed: users, expected: null }, groups: { listed: groups, expected: null } } }),
    }),
    readUsers: absent,
    readGroups: absent,
    readMembers: absent,
    requests: () => 0,
    close: async () => {},
  };
}
