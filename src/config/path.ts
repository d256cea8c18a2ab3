/** Where a value stands in the file: keys and, in lists, positions from 0. */
export type Path = readonly (string | number)[];

/** The path as people write it: `sources[0].clientSecret`; the whole file is the empty text. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

// `#` stands for a position in a list, `*` for any key.
const RULES = [
  ['sources', '#', 'users', 'where'],
  ['sources', '#', 'users', 'attributes', '*'],
  ['sources', '#', 'groups', 'where'],
  ['sources', '#', 'groups', 'attributes', '*'],
  ['localGroups', '#', 'members'],
];
const SCHEDULES = [['schedule'], ['sources', '#', 'schedule']];
const NAMES = [
  ['sources', '#', 'name'],
  ['localGroups', '#', 'name'],
  ['tests', '#', 'name'],
];

const matches = (path: Path, pattern: readonly string[]): boolean =>
  pattern.every((part, index) => {
    const at = path[index];
    return part === '#' ? typeof at === 'number' : part === '*' ? typeof at === 'string' : part === at;
  });

/** Whether a filter or transformation stands here, or inside of one that YAML took apart. */
export const isRule = (path: Path): boolean => RULES.some((pattern) => matches(path, pattern));

/** Whether people write signs here that mean something else to YAML: rules and schedules. */
export const isExpression = (path: Path): boolean =>
  isRule(path) || SCHEDULES.some((pattern) => matches(path, pattern));

/** Whether this is a name, which holds no reference. */
export const isName = (path: Path): boolean =>
  NAMES.some((pattern) => pattern.length === path.length && matches(path, pattern));

const ATTRIBUTES = ['sources', '#', 'users', 'attributes'];

/** Whether the attributes of accounts stand here, each with its rule. */
export const isAttributes = (path: Path): boolean => path.length === ATTRIBUTES.length && matches(path, ATTRIBUTES);

const EXPECTED = ['tests', '#', 'expect'];

/** Whether the attributes stand here that a test expects. */
export const isExpected = (path: Path): boolean => path.length === EXPECTED.length && matches(path, EXPECTED);

/** Whether this is inside of the look-up tables, where keys and values are texts as written. */
export const isTable = (path: Path): boolean => path[0] === 'tables' && path.length > 1;

/** The keys on the way to rules and tables. */
export const RULE_KEYS = ['users', 'groups', 'where', 'attributes', 'localGroups', 'members', 'schedule', 'tables'];
