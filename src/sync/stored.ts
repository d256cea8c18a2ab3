import type { AccountRow } from '../directory/accounts.ts';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import type { Stored } from './change.ts';

const NO_CUSTOM: Stored['custom'] = Object.freeze({});

/** An account's row as values. */
export function storedOf(row: AccountRow): Stored {
  const attributes = Object.fromEntries(STANDARD_ATTRIBUTES.map((name) => [name, row[name]]));
  // Every standard attribute was just put in.
  const known = attributes as Stored['attributes'];
  // Written by write-objects.ts.
  const custom = row.custom === '{}' ? NO_CUSTOM : (JSON.parse(row.custom) as Stored['custom']);
  return { active: row.active === 1, reason: row.reason, attributes: known, custom, managerId: row.managerId };
}
