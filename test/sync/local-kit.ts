import type { LocalGroup, LocalRequest } from '../../src/model/local.ts';
import type { PassResult } from '../../src/model/pass.ts';
import { runLocal } from '../../src/sync/local/run.ts';
import type { Directory } from './kit.ts';

/** The rules of local groups, by name. */
export type LocalSketch = Readonly<Record<string, string>>;

const groupsOf = (rules: LocalSketch): LocalGroup[] =>
  Object.entries(rules).map(([name, members]) => ({ name, description: null, members }));

/** Runs the rules as the configuration file has them. Tests that are not about limits have none. */
export const edit = (
  directory: Directory,
  rules: LocalSketch,
  request: Partial<LocalRequest> = {},
): Promise<PassResult | null> =>
  runLocal(
    {
      ...{ directory: directory.path, groups: groupsOf(rules), tables: {}, customAttributes: [], limits: {} },
      ...{
        mode: 'rules',
        trigger: 'once',
        actor: 'test',
        commit: true,
        wait: 0,
        configSha256: 'none',
        version: 'test',
      },
      ...request,
    },
    { clock: directory.clock, signal: new AbortController().signal },
  );

/** Who is in which local group, and how, hidden members included: `group: user how`. */
export const members = (directory: Directory): string[] =>
  directory
    .rows<{ is: string }>(
      `SELECT g.name || ': ' || coalesce(a.user_name, a.id) || ' ' || m.how AS 'is' FROM memberships m
       JOIN groups g ON g.id = m.group_id AND g.source_id IS NULL JOIN accounts a ON a.id = m.account_id ORDER BY 1`,
    )
    .map((row) => row.is);

/** Open problems of local groups. */
export const localProblems = (directory: Directory): string[] =>
  directory
    .rows<{ is: string }>(
      "SELECT kind || ' ' || object || ' ' || detail AS 'is' FROM v1_problems WHERE source = 'local' ORDER BY 1",
    )
    .map((row) => row.is);

/** What a run did to local groups and who is in them. */
export const localChanges = (directory: Directory, runId: number | undefined): string[] =>
  directory
    .rows<{ is: string }>(
      `SELECT c.object || ' ' || c.action || ' ' || c.object_name || coalesce(' ' || u.user_name, '') || ' (' || c.reason || coalesce(', ' || c.rule, '') || ')' AS 'is'
       FROM v1_changes c LEFT JOIN v1_users u ON c.object = 'membership' AND u.id = c.related_id
       WHERE c.run_id = ? AND c.source = 'local' ORDER BY 1`,
      runId ?? 0,
    )
    .map((row) => row.is);
