import type { Shaper } from '../shaper.ts';

/** What to do about a name that cannot be used. */
export function remedyOf({ rules }: Shaper, object: 'users' | 'groups' = 'users'): string {
  const rule = object === 'users' ? 'users.attributes.userName' : 'groups.attributes.name';
  const ruled = rules.all.has(rule) || rules.all.has(`${rule}[0]`);
  return `Change it at the identity provider${ruled ? `, or by the rule \`${rule}\`` : ''}.`;
}
