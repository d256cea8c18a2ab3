import type { Db } from '../../directory/open.ts';
import type { GroupFacts, Rule, UserFacts } from '../../expressions/rule.ts';
import { STATES } from '../../model/words.ts';
import { belonging } from '../belonging.ts';
import { type Compile, localRules, localVerdict, NO_SOURCE } from '../explain-local.ts';
import { groupFromText, userFromText } from '../record.ts';
import { type Graph, loadGraph } from '../resolve.ts';
import type { RuleSet } from '../rules.ts';
import { type Shaper, shaper } from '../shaper.ts';
import { blockedFor, changesOf, directoryRow, membersOf, problemsOf } from './directory.ts';
import type { ExplainedMirror, ExplainedRule, Explanation } from './explained.ts';
import { pathsOf } from './paths.ts';
import type { Subject } from './subject.ts';
import { groupVerdict, userVerdict } from './verdict.ts';

const MIRROR = (
  table: string,
  more: string,
) => `SELECT m.state, ${more}, m.asked, m.record, r.finished_at AS changedAt, s.full_at AS readAt
  FROM ${table} m JOIN nodes n ON n.id = m.node JOIN sources s ON s.id = n.source_id LEFT JOIN runs r ON r.id = m.run
  WHERE m.node = ?`;
const QUERIES = {
  user: MIRROR('mirror_users', 'm.why AS why, 0 AS others'),
  group: MIRROR('mirror_groups', 'coalesce(m.why, m.unread) AS why, m.others'),
};

interface Row {
  state: number;
  why: string | null;
  others: number;
  asked: string;
  record: string;
  changedAt: string | null;
  readAt: string | null;
}

/**
 * Tells of one user or group all that decides about it. Reads only; `rules` are today's, those of local groups the ones
 * that were applied last. @param compile null where there are no local groups
 */
export function explain(db: Db, subject: Subject, rules: RuleSet, compile: Compile | null = null): Explanation {
  const { object, sourceId, source, type, node, ext, id } = subject;
  const base = {
    object,
    source,
    externalId: ext,
    directory: directoryRow(db, object, id),
    blocked: blockedFor(db, sourceId ?? NO_SOURCE, object, id, node),
    problems: sourceId === null ? [] : problemsOf(db, sourceId, object, node),
    changes: id === null ? [] : changesOf(db, object, id),
    ...(object === 'group' && id !== null ? { members: membersOf(db, id) } : {}),
  };
  const local =
    object === 'user' && id !== null && compile !== null
      ? localRules(db, id, compile).map(({ name, rule, facts }) => explainOne(name, rule, facts))
      : [];
  const row = node === null ? undefined : db.prepare<[number], Row>(QUERIES[object]).get(node);
  if (sourceId === null || node === null || ext === null || !row) {
    const verdict =
      sourceId === null
        ? localVerdict(db, object, id)
        : 'The identity provider never listed it; the directory keeps it as it is.';
    return { ...base, mirror: null, groups: [], rules: local, verdict };
  }
  const graph = loadGraph(db, sourceId, 'flatten');
  const shape = shaper({ name: source, type }, rules, () => belonging(db, sourceId, graph));
  const state = STATES[row.state] ?? 'unknown';
  const mirror = { state, why: row.why, readAt: row.readAt, changedAt: row.changedAt };
  const told = object === 'user' ? ofUser(shape, node, ext, row) : ofGroup(shape, ext, row);
  const paths = object === 'user' ? pathsOf(graph, node) : above(graph, node);
  return {
    ...base,
    ...told,
    rules: [...told.rules, ...local],
    mirror: { ...mirror, ...told.mirror },
    groups: named(db, sourceId, graph, paths),
    verdict: told.verdict(state, base.directory),
  };
}

type Told = Pick<Explanation, 'rules'> & {
  mirror: Pick<ExplainedMirror, 'attributes' | 'active' | 'otherMembers'>;
  verdict(state: ExplainedMirror['state'], directory: Explanation['directory']): string;
};

function ofUser(shape: Shaper, node: number, ext: string, row: Row): Told {
  const user = userFromText(ext, row.record);
  const facts = shape.facts(node, user, row.asked);
  const rules = explainRules(shape.rules, 'users.', facts);
  const set = Object.entries(user.attributes).filter(([, value]) => value !== null);
  return {
    rules,
    mirror: { active: user.active, attributes: { ...Object.fromEntries(set), ...user.extra } },
    verdict: (state, directory) =>
      userVerdict({ state, active: user.active, where: rules.find(({ rule }) => rule === 'users.where'), directory }),
  };
}

function ofGroup(shape: Shaper, ext: string, row: Row): Told {
  const group = groupFromText(ext, row.record);
  const rules = explainRules(shape.rules, 'groups.', shape.groupFacts(group, row.asked));
  const { id: _, extra, ...fields } = group;
  const set = Object.entries(fields).filter(([, value]) => value !== null);
  return {
    rules,
    mirror: { attributes: { ...Object.fromEntries(set), ...extra }, otherMembers: row.others },
    verdict: (state, directory) =>
      groupVerdict({ state, where: rules.find(({ rule }) => rule === 'groups.where'), directory }),
  };
}

function explainRules({ all }: RuleSet, prefix: string, facts: UserFacts | GroupFacts): ExplainedRule[] {
  return [...all]
    .filter(([rule]) => rule.startsWith(prefix))
    .map(([rule, compiled]) => explainOne(rule, compiled, facts));
}

function explainOne(rule: string, compiled: Rule, facts: UserFacts | GroupFacts): ExplainedRule {
  // The first number that a newcomer would get.
  const { value, failure, decided } = compiled.explain(compiled.reads.n ? { ...facts, n: 2 } : facts);
  const { text, reads } = decided;
  return { rule, expression: compiled.text, value: value ?? null, failure, decided: { text, reads } };
}

/** The groups that contain a group. */
function above(graph: Graph, node: number): Map<number, readonly number[]> {
  const paths = pathsOf(graph, node);
  paths.delete(graph.positionOf(node) ?? -1);
  return paths;
}

const NAMES = `SELECT m.node, n.ext, json_extract(m.record, '$.name') AS name FROM mirror_groups m JOIN nodes n ON n.id = m.node
  WHERE n.source_id = ?`;

function named(
  db: Db,
  sourceId: number,
  graph: Graph,
  paths: ReadonlyMap<number, readonly number[]>,
): Explanation['groups'] {
  type Name = { node: number; ext: string; name: string };
  if (paths.size === 0) return [];
  const names = new Map(
    db
      .prepare<[number], Name>(NAMES)
      .all(sourceId)
      .map((one) => [one.node, one]),
  );
  const at = (position: number) => names.get(graph.groups[position]?.node ?? 0);
  return [...paths]
    .map(([position, path]) => ({
      name: at(position)?.name ?? '',
      id: at(position)?.ext ?? '',
      path: path.map((step) => at(step)?.name ?? ''),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
