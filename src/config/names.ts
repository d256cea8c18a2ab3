import { fold } from '../directory/names.ts';
import { didYouMean, near } from '../model/near.ts';
import { GROUP_ATTRIBUTES } from '../model/rules.ts';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import type { Root } from './issues.ts';
import { type Path, pathText } from './path.ts';
import type { Report } from './report.ts';

/** What rules call the user and the source, so that no attribute is called so. */
const TAKEN = ['active', 'id', 'groups', 'attributes', 'source'];

/** Reports what the schema cannot see of the keys that rules need: names that are taken, and tests of what is not there. */
export function reportNames(root: Root, report: Report): void {
  const { value, marks, custom } = root;
  const offsetOf = (path: Path) => marks.get(pathText(path))?.value ?? 0;
  const say = (path: Path, message: string, shown = 0) => {
    const start = offsetOf(path);
    const within = shown === 0 ? undefined : { start, end: start + shown };
    if (!report.blames(path)) report.add(start, path, 'name', message, within);
  };

  const once = (list: string, keyed: boolean, folded: (name: string) => string, same: string) => {
    const first = new Map<string, Path>();
    for (const [index, item] of listAt(value, list)) {
      const name = keyed ? valueAt(item, 'name') : item;
      const path = keyed ? [list, index, 'name'] : [list, index];
      if (typeof name !== 'string' || report.blames(path)) continue;
      const other = first.get(folded(name));
      if (other) say(path, `${pathText(other.slice(0, 2))} in line ${report.lineOf(offsetOf(other))} ${same}`);
      else first.set(folded(name), path);
    }
  };

  for (const [index, name] of listAt(value, 'customAttributes')) {
    if (typeof name !== 'string') continue;
    const path = ['customAttributes', index];
    const standard = STANDARD_ATTRIBUTES.find((one) => one.toLowerCase() === name.toLowerCase());
    if (standard) say(path, `every account has \`${standard}\` already; leave it out here`, name.length);
    else if (TAKEN.includes(name))
      say(path, `\`${name}\` means something else in rules; choose another name`, name.length);
  }
  once('customAttributes', false, (name) => name.toLowerCase(), 'is the same; upper and lower case count as the same');
  once('localGroups', true, fold, 'has this name already; upper and lower case count as the same');
  once('tests', true, (name) => name, 'has this name already');

  const sources = listAt(value, 'sources').flatMap(([, source]) => {
    const name = valueAt(source, 'name');
    return typeof name === 'string' ? [name] : [];
  });
  for (const [index, test] of listAt(value, 'tests')) testCase(test, ['tests', index]);

  function testCase(test: unknown, path: Path): void {
    if (typeof test !== 'object' || test === null) return;
    const source = valueAt(test, 'source');
    if (typeof source === 'string' && !sources.includes(source))
      say([...path, 'source'], `no source is called \`${source}\`${didYouMean(source, sources)}`);
    const of = ['user', 'group'].filter((kind) => valueAt(test, kind) !== undefined);
    if (of.length === 0 && !report.blames(path))
      report.add(offsetOf(path), [...path, 'user'], 'missing', 'missing; a test has a `user` or a `group`');
    if (of.length === 2) say([...path, 'group'], 'a test has a `user` or a `group`, not both; make two tests of it');
    const [kind] = of;
    const expect = valueAt(test, 'expect');
    if (of.length !== 1 || typeof expect !== 'object' || expect === null) return;
    const known: readonly string[] = kind === 'user' ? [...STANDARD_ATTRIBUTES, ...custom] : GROUP_ATTRIBUTES;
    for (const key of Object.keys(expect)) {
      const here = [...path, 'expect', key];
      if (known.includes(key) || report.blames(here)) continue;
      const meant = near(key, known);
      const hint = meant === undefined ? '' : `; did you mean \`${meant}\`?`;
      const at = marks.get(pathText(here));
      report.add(at?.key ?? at?.value ?? 0, here, 'unknown-key', `a ${kind} has no \`${key}\`${hint}`);
    }
  }
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function listAt(value: unknown, key: string): [number, unknown][] {
  const list = valueAt(value, key);
  return Array.isArray(list) ? [...list.entries()] : [];
}
