import { refuse } from './errors.ts';

/** Which fields of a user are shown. */
export type Projection = (row: Readonly<Record<string, unknown>>) => Record<string, unknown>;

const FIELDS = [
  ...['id', 'status', 'created', 'activated', 'statusChanged', 'lastLogin', 'lastUpdated', 'passwordChanged', 'type'],
  ...['profile', 'credentials', 'transitioningToStatus', 'realmId', '_links', '_embedded'],
];

/**
 * Reads `fields=id,status,profile:(login,email)`. The id is always shown, and a name of the profile stands for nothing
 * outside of `profile:( )`.
 * @param strict refuses what is no field of a user, which Okta passes over
 */
export function fieldsOf(text: string, strict: boolean): Projection {
  const [, before = '', inner, after = ''] = /^([^()]*?)(?:profile:\(([^()]*)\))?([^()]*)$/.exec(text) ?? [];
  if (before === '' && inner === undefined && after === '') throw refuse.invalid('fields', 'is not well-formed');
  const list = (part: string) =>
    part
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
  const names = new Set([...list(before), ...list(after), 'id']);
  const unknown = [...names].find((name) => !FIELDS.includes(name));
  if (unknown !== undefined && strict) throw refuse.invalid('fields', `${unknown} is no field of a user`);
  const ofProfile = inner === undefined ? null : new Set(list(inner));
  return (row) => {
    const shown = Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name)));
    const { profile } = row;
    if (ofProfile && profile && typeof profile === 'object') {
      shown.profile = Object.fromEntries(Object.entries(profile).filter(([name]) => ofProfile.has(name)));
    }
    return shown;
  };
}
