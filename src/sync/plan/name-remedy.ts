import type { Db } from '../../directory/open.ts';
import type { Holders } from './holders.ts';

const HOLDER = `SELECT a.active, coalesce(s.name, 'local') AS source FROM accounts a LEFT JOIN sources s ON s.id = a.source_id WHERE a.id = ?`;

/**
 * What to do about a user name that somebody else holds, with the commands to type: a name that an account holds which
 * is not active is free as soon as a person says whether that is the same person.
 * @param newcomer the id at the source of the user who wants the name, where it has no account yet
 */
export function nameRemedy(db: Db, holders: Holders, key: string, newcomer?: string): string {
  const left = sourceRemedy(db, holders, key);
  if (left !== null) return left;
  const id = holders.of(key) ?? 0;
  const holder = db.prepare<[number], { active: number; source: string }>(HOLDER).get(id);
  const active = holders.activity.get(id) ?? holder?.active !== 0;
  if (!active) {
    const release = `"rosterd user release-name id:${id}"`;
    if (newcomer === undefined || holder?.source === 'local')
      return `That account is not active: ${release} makes it let go of the name.`;
    const elsewhere = holder !== undefined && holder.source !== holders.source;
    const relink = `"rosterd user relink id:${id} --to ${word(newcomer)}${elsewhere ? ` --source ${holders.source}` : ''}"`;
    return `That account is not active. If it is the same person under a new id, type ${relink}; if it is somebody else, ${release}.`;
  }
  if (holders.madeBy(key) !== null)
    return `That account was made by hand: rename it with "rosterd user update id:${id} --user-name NAME", or this user at the identity provider.`;
  return AT_SOURCE;
}

/** The same about the name of a group. */
export function groupNameRemedy(db: Db, holders: Holders, key: string): string {
  const left = sourceRemedy(db, holders, key);
  if (left !== null) return left;
  const maker = holders.madeBy(key);
  if (maker === null) return holders.sourceOf(key) === holders.source ? SAME_SOURCE : AT_SOURCE;
  const there =
    maker === 'rule'
      ? 'stands in the configuration file: give it another name there, under `localGroups`'
      : `was made by hand: rename it with "rosterd group rename id:${holders.of(key)} NAME"`;
  return `That group ${there}, or this group at the identity provider.`;
}

const LEFT = `SELECT EXISTS (SELECT 1 FROM problems p JOIN sources s ON s.id = p.source_id WHERE p.kind = 'source-left' AND s.name = ?)`;

/** A name that a source holds which left the file is that source's matter, and most likely this one's under its old name. */
function sourceRemedy(db: Db, holders: Holders, key: string): string | null {
  const source = holders.sourceOf(key);
  if (source === holders.source || db.prepare<[string], number>(LEFT).pluck().get(source) !== 1) return null;
  return `Source \`${source}\` is no longer in the configuration file: if it is this one under another name, type "rosterd source rename ${source} ${holders.source}"; if not, "rosterd source remove ${source}".`;
}

const AT_SOURCE = 'Rename one of the two at the identity provider.';

const SAME_SOURCE =
  'If they are to be one group, set `groups.onConflict: unite` for the source; if not, rename one of the two at the identity provider, or by the rule for `name` in `groups.attributes`.';

/** An id as a shell takes it. */
const word = (id: string): string =>
  /^[\w.@:+-]+$/.test(id) && !id.startsWith('-') ? id : `'${id.replaceAll("'", `'\\''`)}'`;
