import type { Reply } from '../reply.ts';
import { may } from './apps.ts';
import { type Ask, found } from './ask.ts';
import { changedRows, initialRows } from './delta-rows.ts';
import type { DeltaState, Row, Wanted } from './delta-tokens.ts';
import { Refusal, refuse } from './errors.ts';
import { shown, typeOf } from './properties.ts';
import { queryOf } from './query.ts';

const MOST_IDS = 50;
const RELATION = { user: 'manager', group: 'members' } as const;

/**
 * GET users/delta and groups/delta (learn.microsoft.com/graph/delta-query-overview). The first request fixes what is
 * wanted; from then on the token says it all, and anything beside it is refused.
 */
export function deltaOf(ask: Ask, kind: 'user' | 'group'): Reply {
  if (!may(ask.holder, `${kind}s`)) throw refuse.permission();
  const token = tokenOf(ask.parameters);
  if (token !== null && token !== '' && token !== 'latest') {
    const others = [...ask.parameters.keys()].filter((name) => !/^\$?(skip|delta)token$/i.test(name));
    if (others[0] !== undefined)
      throw refuse.request(`The query option '${others[0]}' cannot be given with a token: the first request fixed it.`);
    const state = ask.deltas.read(token);
    if (!state) throw expired(ask, kind);
    if (state.wanted.kind !== kind) throw refuse.request('Badly formed token.');
    return answer(ask, state);
  }
  const wanted = wantedOf(ask, kind);
  const position = ask.tenant.changes.position(ask.settings.deltaLag);
  if (token === 'latest') return last(ask, wanted, position, []);
  return answer(ask, { wanted, position, rows: { all: initialRows(ask, wanted), at: 0, initial: true } });
}

function tokenOf(parameters: URLSearchParams): string | null {
  const given = [...parameters].filter(([name]) => /^\$?(skip|delta)token$/i.test(name));
  if (given.length > 1) throw refuse.request('A request has one token.');
  return given[0]?.[1] ?? null;
}

/** @throws Refusal for whatever a delta query does not take: $top, $expand, $orderby, any filter but by id */
function wantedOf(ask: Ask, kind: 'user' | 'group'): Wanted {
  const relation = RELATION[kind];
  const parameters = new URLSearchParams(ask.parameters);
  const name = parameters.has('select') ? 'select' : '$select';
  const asked =
    parameters
      .get(name)
      ?.split(',')
      .map((each) => each.trim()) ?? null;
  // Relations are named among the properties here, and nowhere else.
  const plain = asked?.filter((each) => each !== relation && each !== 'owners') ?? null;
  if (plain) parameters.set(name, plain.length > 0 ? plain.join(',') : 'id');
  const options = ['select', 'filter', 'deltatoken'];
  const { select, filter } = queryOf(parameters, { kind, options, strict: ask.strict, eventual: ask.eventual });
  if (filter && (filter.ids === null || filter.ids.length > MOST_IDS)) {
    throw refuse.unsupported(`A delta query takes a filter by id only, for at most ${MOST_IDS} objects.`);
  }
  // Unless properties were chosen, members are told of; the manager only where it is named.
  const told = asked === null ? kind === 'group' : asked.includes(relation);
  // What was chosen has nothing but relations: Graph gives the properties of the default beside them.
  return { kind, select: plain?.length === 0 ? null : select, relation: told, ids: filter?.ids ?? null };
}

function expired(ask: Ask, kind: 'user' | 'group'): Refusal {
  if (ask.settings.expiredDelta === 'syncStateNotFound') {
    return new Refusal(
      400,
      'syncStateNotFound',
      'The sync state generation is not found. The delta token is expired and data must be synchronized again.',
    );
  }
  const location = `${ask.root}/${kind}s/delta?$deltatoken=`;
  return new Refusal(410, 'resyncRequired', 'Resync required. Replace any local items with the server’s version.', {
    location,
  });
}

function answer(ask: Ask, { wanted, position, rows }: DeltaState): Reply {
  if (rows === null) {
    const upTo = Math.max(position, ask.tenant.changes.position(ask.settings.deltaLag));
    const all = changedRows(ask, wanted, ask.tenant.changes.between(position, upTo));
    return answer(ask, { wanted, position: upTo, rows: { all, at: 0, initial: false } });
  }
  const size = pageSize(ask);
  const { all, at, initial } = rows;
  const page: Row[] = [];
  for (let members = 0; page.length < size && at + page.length < all.length; ) {
    const row = all[at + page.length];
    if (!row || (page.length > 0 && members + row.related.length > ask.settings.deltaMembers)) break;
    members += row.related.length;
    page.push(row);
  }
  const next = at + page.length;
  // A first reading ends with an empty page, as the vendor's do; one of changes ends with its last row.
  if (next >= all.length && (!initial || page.length === 0)) return last(ask, wanted, position, page);
  const token = ask.deltas.make({ wanted, position, rows: { all, at: next, initial } });
  return written(ask, wanted, page, { '@odata.nextLink': `${ask.root}/${wanted.kind}s/delta?$skiptoken=${token}` });
}

function last(ask: Ask, wanted: Wanted, position: number, page: readonly Row[]): Reply {
  const token = ask.deltas.make({ wanted, position, rows: null });
  return written(ask, wanted, page, { '@odata.deltaLink': `${ask.root}/${wanted.kind}s/delta?$deltatoken=${token}` });
}

function written(ask: Ask, wanted: Wanted, page: readonly Row[], link: Readonly<Record<string, string>>): Reply {
  const minimal = preferences(ask).includes('return=minimal');
  const select = wanted.select ? `(${wanted.select.join(',')})` : '';
  const at = `${ask.root}/$metadata#${wanted.kind}s${select}/$delta`;
  return found({ '@odata.context': at, ...link, value: page.map((row) => rowOf(wanted, row, minimal)) });
}

/** Partial, as the vendor's: the properties that have a value, and those that have lost it. */
function rowOf(wanted: Wanted, { object, related, removed, changed }: Row, minimal: boolean): Record<string, unknown> {
  if (removed) return { id: object.id, '@removed': { reason: removed } };
  const all = Object.entries(shown(object, wanted.select));
  const kept = all.filter(([name, value]) => {
    if (changed?.has(name)) return true;
    const empty = value === null || (Array.isArray(value) && value.length === 0 && name !== 'groupTypes');
    return !empty && !(minimal && changed);
  });
  const members = related.map((each) => ({
    '@odata.type': typeOf(each.object),
    id: each.object.id,
    ...(each.gone ? { '@removed': { reason: 'deleted' } } : {}),
  }));
  return {
    ...Object.fromEntries(kept),
    id: object.id,
    ...(members.length > 0 ? { [`${RELATION[wanted.kind]}@delta`]: members } : {}),
  };
}

const preferences = ({ headers }: Ask): string[] =>
  [headers.prefer ?? '']
    .flat()
    .flatMap((line) => line.split(/[,;]/))
    .map((each) => each.trim().toLowerCase());

function pageSize(ask: Ask): number {
  const wanted = Number(
    preferences(ask)
      .find((each) => each.startsWith('odata.maxpagesize='))
      ?.split('=')[1],
  );
  return wanted >= 1 ? Math.min(wanted, ask.settings.deltaPageSize) : ask.settings.deltaPageSize;
}
