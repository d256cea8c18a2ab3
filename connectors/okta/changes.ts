import type { Listing, Want } from '../../src/model/snapshot.ts';
import { fromCursor } from './position.ts';
import { listOrg, type Reading } from './snapshot.ts';

/**
 * Everything but the members of groups in which nobody joined or left since a cursor was given. Okta tells of nobody who
 * was deleted, so that users and groups are listed in full each time. `expired` where the cursor is of another making.
 */
export async function changesSince(
  reading: Reading,
  cursor: string,
  want: Want,
  signal: AbortSignal,
): Promise<Listing | 'expired'> {
  const since = fromCursor(cursor);
  const same = since && [...reading.config.groupTypes].sort().join() === since.types.join();
  return same ? listOrg(reading, want, signal, since) : 'expired';
}
