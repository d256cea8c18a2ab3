import type { Db } from '../directory/open.ts';
import { origin } from '../directory/views.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import type { Column } from '../report/table.ts';
import { NO_PEOPLE, shortTime, thousands } from '../report/text.ts';
import { findGroup, findUser } from './find.ts';
import type { Io } from './io.ts';
import { listing } from './listing.ts';
import { type LookOptions, look } from './look.ts';
import { cutSentence, readLimit, usage } from './options.ts';
import { stateColumn } from './state.ts';
import { readTime } from './times.ts';

export interface MembersOptions extends LookOptions {
  group?: string;
  user?: string;
  at?: string;
  all?: boolean;
  limit?: string;
}

interface Member {
  group_id: number;
  group_name: string;
  user_id: number;
  user_name: string | null;
  display_name: string | null;
  direct: number;
  origin: string;
  active: number;
  inactive_reason: string | null;
  /** When the membership began, however its kind changed since. */
  since: string;
}

/** Who belongs to the group, or where the person belongs; `which` says whose rows. */
const now = (which: string) => `SELECT m.group_id, m.account_id, m.how, m.since_run AS from_run, a.active,
    a.reason AS inactive_reason
  FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE ${which}`;

/** The last change before `@at` that says whether the account is active. */
const STATE = `SELECT id FROM journal WHERE object = 'user' AND object_id = m.account_id AND at <= @at
  AND (action = 'delete' OR json_type(after, '$.active') IS NOT NULL) ORDER BY id DESC LIMIT 1`;

/** The same at the time `@at`. A deleted account is not active; a person whom the journal does not know, was not yet. */
const then = (which: string) => `SELECT m.group_id, m.account_id, m.how, m.from_run,
    j.id IS NOT NULL AND j.action <> 'delete' AND json_extract(j.after, '$.active') AS active,
    json_extract(j.after, '$.inactiveReason') AS inactive_reason
  FROM (SELECT group_id, account_id, how, since_run AS from_run, NULL AS to_run FROM memberships m WHERE ${which}
      UNION ALL SELECT group_id, account_id, how, from_run, to_run FROM past_memberships m WHERE ${which}) m
    JOIN runs f ON f.id = m.from_run LEFT JOIN runs t ON t.id = m.to_run LEFT JOIN journal j ON j.id = (${STATE})
  WHERE f.finished_at <= @at AND (m.to_run IS NULL OR t.finished_at > @at)`;

/** An interval ends where the next one of the same pair begins when only its kind changed. */
const FIRST_RUN = `WITH RECURSIVE back (run) AS (VALUES (m.from_run) UNION ALL
    SELECT p.from_run FROM back JOIN past_memberships p
      ON p.group_id = m.group_id AND p.account_id = m.account_id AND p.to_run = back.run)
  SELECT min(run) FROM back`;

const rows = (members: string) => `SELECT m.group_id, g.name AS group_name, m.account_id AS user_id, a.user_name,
    a.display_name, m.how & 1 AS direct, ${origin('m.how')} AS origin, m.active, m.inactive_reason,
    (SELECT finished_at FROM runs WHERE id = (${FIRST_RUN})) AS since
  FROM (${members}) m JOIN groups g ON g.id = m.group_id JOIN accounts a ON a.id = m.account_id
  WHERE m.active >= @least
  ORDER BY coalesce(g.name_key, fold(g.name)), g.id, coalesce(a.name_key, fold(a.user_name)), a.id LIMIT @limit`;
/** What the sources list as direct members of a group beside users and groups. */
const OTHERS = `SELECT coalesce(sum(m.others), 0) FROM group_sources o JOIN mirror_groups m ON m.node = o.node
  WHERE o.group_id = ?`;
const totals = (members: string) =>
  `SELECT count(*) AS members, coalesce(sum(NOT active), 0) AS hidden FROM (${members})`;

const GROUP: readonly Column<Member>[] = [
  { title: 'group id', text: (member) => member.group_id, right: true, whole: true },
  { title: 'group', text: (member) => member.group_name },
];
const USER: readonly Column<Member>[] = [
  { title: 'id', text: (member) => member.user_id, right: true, whole: true },
  { title: 'user name', text: (member) => member.user_name },
  { title: 'name', text: (member) => member.display_name },
];
const HOW: readonly Column<Member>[] = [
  // What is no member at the source is neither.
  { title: 'how', text: (member) => (member.origin !== 'source' ? null : member.direct ? 'direct' : 'nested') },
  { title: 'origin', text: (member) => member.origin },
  stateColumn,
  { title: 'since (UTC)', text: (member) => shortTime(member.since), whole: true },
];

/** Lists the members of a group, the groups of a person, or the one membership of both; now or at another time. */
export async function members(options: MembersOptions, io: Io, clock: Clock = systemClock): Promise<number> {
  if (options.group === undefined && options.user === undefined) {
    throw usage('Name a group or a person: "rosterd members GROUP" or "rosterd members --user PERSON".');
  }
  const limit = readLimit(options.limit, 0);
  return look(options, io, (db) => {
    const at = options.at === undefined ? null : timeOf(db, options.at, clock.now());
    const group = options.group === undefined ? null : findGroup(db, options.group, at !== null);
    const user = options.user === undefined ? null : findUser(db, options.user, at !== null);
    const which = [group && 'm.group_id = @group', user && 'm.account_id = @user'].filter(Boolean).join(' AND ');
    const found = at === null ? now(which) : then(which);
    const asked = { group: group?.id, user: user?.id, at, least: options.all ? 0 : 1, limit };
    const total = (which: 'members' | 'hidden') =>
      db.prepare<[object], Record<typeof which, number>>(totals(found)).get(asked)?.[which] ?? 0;
    return listing(
      {
        rows: db.prepare<[object], Member>(rows(found)).iterate(asked),
        columns: [...(group ? [] : GROUP), ...(user ? [] : USER), ...HOW],
        json: (member) => member,
        none: group === null ? 'No groups.' : 'No members.',
        cut: (shown) => cutSentence(limit, shown, () => total('members') - (options.all ? 0 : total('hidden'))),
        note: () =>
          [
            group && at === null && othersSentence(others(db, group.id)),
            !options.all && hiddenSentence(total('hidden'), user !== null),
            at && `As of ${shortTime(at)} UTC.`,
          ]
            .filter(Boolean)
            .join('\n'),
      },
      options,
      io,
    );
  });
}

const others = (db: Db, group: number): number => db.prepare<[number], number>(OTHERS).pluck().get(group) ?? 0;

function timeOf(db: Db, text: string, now: number): string {
  const { from } = readTime('--at', text, now);
  if (from > now) throw usage('--at: that time has not come yet.');
  const at = new Date(from).toISOString();
  const made = db.prepare<[], string>('SELECT created_at FROM v1_directory').pluck().get();
  if (made === undefined || at >= made) return at;
  throw usage(
    `--at: this directory was made on ${shortTime(made)} UTC; nothing is known of ${shortTime(at)} UTC, before it.`,
  );
}

const othersSentence = (others: number): string | false =>
  others > 0 && `… and ${thousands(others)} at the identity provider ${NO_PEOPLE}`;

const hiddenSentence = (hidden: number, ofOne: boolean): string | false =>
  hidden > 0 &&
  `… and ${thousands(hidden)} hidden from applications: ${ofOne || hidden === 1 ? 'the account is' : 'their accounts are'} not active; --all shows all`;
