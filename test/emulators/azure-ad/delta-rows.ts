import { may } from './apps.ts';
import type { Ask } from './ask.ts';
import type { Change } from './changes.ts';
import type { Row, Wanted } from './delta-tokens.ts';
import { isHidden } from './groups.ts';
import { isGroup, isUser, type TenantObject } from './kinds.ts';
import { properties } from './properties.ts';

/** Everything there is, for a first reading, and what was deleted and could come back. */
export function initialRows(ask: Ask, wanted: Wanted): Row[] {
  const asked = ({ id }: TenantObject) => wanted.ids?.includes(id) ?? true;
  const there = ask.tenant.list(wanted.kind).filter(asked);
  const deleted = ask.tenant.deletedItems(wanted.kind).filter(asked);
  return [
    ...there.flatMap((object) => whole(ask, wanted, object)),
    ...deleted.map((object) => gone(object, 'changed')),
  ];
}

const gone = (object: TenantObject, removed: 'changed' | 'deleted'): Row => ({
  object,
  related: [],
  removed,
  changed: null,
});

/** What changed, one row an object or, where many members changed, several. */
export function changedRows(ask: Ask, wanted: Wanted, changes: readonly Change[]): Row[] {
  const byObject = new Map<TenantObject, Change[]>();
  for (const change of changes) {
    if (change.object.kind !== wanted.kind || !(wanted.ids?.includes(change.object.id) ?? true)) continue;
    const known = byObject.get(change.object);
    if (known) known.push(change);
    else byObject.set(change.object, [change]);
  }
  return [...byObject].flatMap(([object, all]) => rowsOf(ask, wanted, object, all));
}

function rowsOf(ask: Ask, wanted: Wanted, object: TenantObject, changes: readonly Change[]): Row[] {
  const state = changes.findLast(({ what }) => what === 'added' || what === 'removed');
  if (state?.what === 'removed') return [gone(object, state.reason)];
  if (state) return whole(ask, wanted, object);
  const tracked = new Set(wanted.select ?? defaults(wanted.kind));
  const changed = new Set(changes.flatMap((change) => (change.what === 'edited' ? change.properties : [])));
  const told = new Set([...changed].filter((name) => tracked.has(name)));
  const related = wanted.relation ? relatedIn(ask, object, changes) : [];
  if (told.size === 0 && related.length === 0) return [];
  return chunks(ask, object, related, told);
}

/** The net of joining and leaving: of several changes of one member, the last counts. */
function relatedIn(ask: Ask, object: TenantObject, changes: readonly Change[]): Row['related'] {
  const last = new Map<TenantObject, boolean>();
  for (const change of changes) {
    if (change.what === 'member') last.set(change.member, change.joined);
    if (change.what === 'manager') {
      if (change.before) last.set(change.before, false);
      if (change.after) last.set(change.after, true);
    }
  }
  return isUnseen(ask, object) ? [] : [...last].map(([each, there]) => ({ object: each, gone: !there }));
}

function whole(ask: Ask, wanted: Wanted, object: TenantObject): Row[] {
  const related = wanted.relation && !isUnseen(ask, object) ? relatedNow(ask, object) : [];
  return chunks(
    ask,
    object,
    related.map((each) => ({ object: each, gone: false })),
    null,
  );
}

function relatedNow(ask: Ask, object: TenantObject): readonly TenantObject[] {
  if (isGroup(object)) return ask.tenant.membersOf(object);
  return isUser(object) && object.manager && !object.manager.deleted ? [object.manager] : [];
}

function chunks(ask: Ask, object: TenantObject, related: Row['related'], changed: Row['changed']): Row[] {
  const size = ask.settings.deltaMembers;
  const count = Math.max(1, Math.ceil(related.length / size));
  return Array.from({ length: count }, (_, at) => {
    return { object, related: related.slice(at * size, (at + 1) * size), removed: null, changed };
  });
}

const isUnseen = (ask: Ask, object: TenantObject): boolean =>
  isGroup(object) && isHidden(object) && !may(ask.holder, 'hidden');

const defaults = (kind: Wanted['kind']): string[] =>
  Object.keys(properties[kind]).filter((name) => properties[kind][name] === 'default');
