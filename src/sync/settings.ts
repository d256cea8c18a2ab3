import type { PassSource } from '../model/pass.ts';

/**
 * What this release makes of the same answers of a provider: how records are read, groups resolved, people shaped. It
 * goes up with every release that changes one of these, so that the first pass after the upgrade plans everything anew
 * and is stopped where too much would change, as after an edit of the rules.
 */
const MEANING = 1;

/** What decides what a mirror becomes, a line each; a change of it plans everything anew. */
export function settingsOf({ nestedGroups, onMissing }: PassSource): string {
  return [`meaning: ${MEANING}`, `nestedGroups: ${nestedGroups}`, `onMissing: ${onMissing}`].join('\n');
}

/** What differs between the settings that were applied last and today's: the name, the value before and the one now. */
export function changedSettings(
  applied: string | null,
  now: string,
): { name: string; before: string; after: string }[] {
  if (applied === null) return [];
  const before = lines(applied);
  return [...lines(now)].flatMap(([name, after]) => {
    const was = before.get(name);
    return was === after ? [] : [{ name, before: was ?? 'not there', after }];
  });
}

/** The name of the line that says which release's meaning was applied. */
export const RELEASE = 'meaning';

const lines = (settings: string): Map<string, string> =>
  new Map(
    settings.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
