import { fromBlob } from '../../src/sync/packed.ts';
import type { Directory } from './kit.ts';

/** What the views show, times aside. Of two directories that were brought up by passes at the same moments. */
export const state = (directory: Directory) =>
  ['v1_users', 'v1_groups', 'v1_memberships', 'v1_group_nesting', 'v1_problems'].map((view) =>
    directory
      .rows(`SELECT * FROM ${view}`)
      .map(({ created_at, updated_at, since, deactivated_at, ...row }) => row)
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );

interface Row {
  ext: string;
  state: number;
  record: string;
}

const THERE = `SELECT n.id, n.ext FROM nodes n WHERE n.print IS NOT NULL`;

/**
 * What the mirror holds as present. A provider stops to tell of somebody who is gone in every place at once, as a member
 * and as a manager, while a list of changes tells it in one; whoever is absent is left out of both here, as it is
 * everywhere that the mirror is read.
 */
export function mirror(directory: Directory) {
  const there = new Map(directory.rows<{ id: number; ext: string }>(THERE).map(({ id, ext }) => [id, ext]));
  const exts = new Set(there.values());
  const users = directory
    .rows<Row>('SELECT n.ext, m.state, m.record FROM mirror_users m JOIN nodes n ON n.id = m.node WHERE m.state <> 3')
    .map(({ record, ...row }) => {
      const { attributes, ...rest } = JSON.parse(record);
      const { manager, ...others } = attributes;
      return { ...row, ...rest, attributes: exts.has(manager) ? attributes : others };
    });
  const groups = directory
    .rows<Row & { members: Buffer | null; everyone: number; unread: string | null }>(
      `SELECT n.ext, m.state, m.record, m.members, m.everyone, m.others, m.unread FROM mirror_groups m
        JOIN nodes n ON n.id = m.node WHERE m.state <> 3`,
    )
    .map(({ members, ...row }) => ({
      ...row,
      members: [...fromBlob(members)].flatMap((node) => there.get(node) ?? []).sort(),
    }));
  const inOrder = <T extends { ext: string }>(rows: T[]) => rows.sort((a, b) => (a.ext < b.ext ? -1 : 1));
  return { users: inOrder(users), groups: inOrder(groups) };
}
