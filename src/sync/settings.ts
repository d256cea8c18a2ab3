import type { PassSource } from '../model/pass.ts';
import type { SourceRules } from '../model/rules.ts';

/**
 * What this release makes of the same answers of a provider: how records are read, groups resolved, people shaped. It
 * goes up with every release that changes one of these, so that the first pass after the upgrade plans everything anew
 * and is stopped where too much would change, as after an edit of the rules.
 */
const MEANING = 1;

/** What decides what a mirror becomes, a line each; a change of it plans everything anew. */
export function settingsOf({ name, nestedGroups, onMissing, rules }: PassSource): string {
  const plain = [`meaning: ${MEANING}`, `nestedGroups: ${nestedGroups}`, `onMissing: ${onMissing}`];
  return [...plain, ...(rules ? ruleLines(name, rules) : [])].join('\n');
}

function ruleLines(name: string, { users, groups, customAttributes, tables }: SourceRules): string[] {
  const rules: [string, string][] = [];
  if (users.where !== null) rules.push(['users.where', users.where]);
  for (const [attribute, list] of Object.entries(users.attributes)) {
    list.forEach((text, at) => {
      rules.push([`users.attributes.${attribute}${list.length > 1 ? `[${at}]` : ''}`, text]);
    });
  }
  if (groups.where !== null) rules.push(['groups.where', groups.where]);
  for (const [attribute, text] of Object.entries(groups.attributes))
    rules.push([`groups.attributes.${attribute}`, text]);
  if (groups.onConflict !== 'skip') rules.push(['groups.onConflict', groups.onConflict]);
  const mentioned = (word: RegExp) => rules.some(([, text]) => word.test(text));
  if (mentioned(/\bsource\b/)) rules.push(['name', name]);
  if (mentioned(/\blookup\b/)) {
    for (const [table, entries] of Object.entries(tables)) rules.push([`tables.${table}`, JSON.stringify(entries)]);
  }
  const custom = customAttributes.filter((attribute) => attribute in users.attributes);
  if (custom.length > 0) rules.push(['customAttributes', custom.join(', ')]);
  return rules.map(([key, text]) => `${key}: ${oneLine(text)}`).sort();
}

/** A rule on one line; the reverse is not needed, since it is only compared and shown. */
const oneLine = (text: string): string =>
  text
    .trim()
    .replaceAll('\\', '\\\\')
    .replaceAll(/[ \t]*\r?\n[ \t]*/g, '\\n');

/** What differs between the settings that were applied last and today's: the name, the value before and the one now. */
export function changedSettings(
  applied: string | null,
  now: string,
): { name: string; before: string; after: string }[] {
  if (applied === null) return [];
  const before = lines(applied);
  const today = lines(now);
  const names = new Set([...before.keys(), ...today.keys()]);
  return [...names].flatMap((name) => {
    const was = before.get(name);
    const is = today.get(name);
    return was === is ? [] : [{ name, before: was ?? ABSENT, after: is ?? ABSENT }];
  });
}

/** What stands for a setting that is not in the file. */
export const ABSENT = 'not there';

/** The name of the line that says which release's meaning was applied. */
export const RELEASE = 'meaning';

const lines = (settings: string): Map<string, string> =>
  new Map(
    settings.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
