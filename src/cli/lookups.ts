/** What the command line declares of one command: plain data, so that `--help` loads nothing. */
export interface CommandWords {
  name: string;
  summary: string;
  /** `[name]` may be left out; it arrives as the option of that name. */
  arguments: readonly (readonly [argument: string, help: string])[];
  options: readonly (readonly [flags: string, help: string])[];
}

const LIMIT_NONE = ['--limit <n>', 'show at most that many rows; 0 is no limit (default: 0)'] as const;
const LIMIT_100 = [
  '--limit <n>',
  'show only the newest rows, at most that many; 0 is no limit (default: 100)',
] as const;
const SOURCE = [
  '--source <name>',
  'only what comes from this source; "local" is what was made by hand (default: all)',
] as const;
const TIME = 'an ISO 8601 time, a date, or a time ago such as 3d or 12h';
const PERSON = 'user name, id, external id or mail address';
const GROUP = 'name, id or external id';

/** The commands that look things up. main.ts loads `./NAME.ts` and calls its function NAME. */
export const LOOKUPS: readonly CommandWords[] = [
  {
    name: 'users',
    summary: 'list the accounts of the directory',
    arguments: [['[text]', 'part of a user name, mail address, display name or external id; case does not count']],
    options: [
      SOURCE,
      ['--active', 'only active accounts (default: off)'],
      ['--inactive', 'only accounts that are not active (default: off)'],
      ['--group <group>', `only active members of this group: ${GROUP} (default: everybody)`],
      LIMIT_NONE,
    ],
  },
  {
    name: 'groups',
    summary: 'list the groups of the directory and how many active members they have',
    arguments: [['[text]', 'part of a name, description or external id; case does not count']],
    options: [SOURCE, LIMIT_NONE],
  },
  {
    name: 'members',
    summary: 'list the members of a group, or the groups of a person, now or at another time',
    arguments: [['[group]', `the group: ${GROUP}`]],
    options: [
      ['--user <person>', `only the memberships of this person: ${PERSON} (default: everybody)`],
      ['--at <time>', `as it was then: ${TIME}; a date is its first moment, UTC (default: now)`],
      ['--all', 'also members whose account is not active, whom applications do not see (default: off)'],
      LIMIT_NONE,
    ],
  },
  {
    name: 'runs',
    summary: 'list the runs, the newest last',
    arguments: [],
    options: [
      SOURCE,
      ['--outcome <outcome>', 'ok, unchanged, failed, blocked, cancelled, interrupted or running (default: all)'],
      ['--since <time>', `only runs that started then or later: ${TIME} (default: all)`],
      ['--until <time>', `only runs that started before then: ${TIME}; a date counts whole (default: all)`],
      LIMIT_100,
    ],
  },
  {
    name: 'changes',
    summary: 'list what was changed, when and why, the newest last',
    arguments: [],
    options: [
      ['--user <person>', `only changes of this person and of their memberships: ${PERSON} (default: all)`],
      ['--group <group>', `only changes of this group and of its members: ${GROUP} (default: all)`],
      ['--run <id>', 'only changes of this run (default: all)'],
      ['--since <time>', `only changes made then or later: ${TIME} (default: all)`],
      ['--until <time>', `only changes made before then: ${TIME}; a date counts whole (default: all)`],
      [
        '--action <action>',
        'create, update, rename, deactivate, reactivate, suspend, unsuspend, delete, remove, return, add or drop (default: all)',
      ],
      SOURCE,
      LIMIT_100,
    ],
  },
  {
    name: 'problems',
    summary: 'list what the last passes left alone, and why',
    arguments: [],
    options: [SOURCE, LIMIT_NONE],
  },
  {
    name: 'explain',
    summary: 'tell why one person or group is as it is: each rule, its verdict, and the last changes',
    arguments: [['<text>', `a person (${PERSON}) or a group (${GROUP}); whoever has no account too`]],
    options: [
      ['--user', 'only a user is meant (default: off)'],
      ['--group', 'only a group is meant (default: off)'],
      SOURCE,
      ['--all', 'tell every group instead of the first ones (default: off)'],
    ],
  },
];
