import type { Connector } from '../../connectors/connector.ts';
import { Failure } from '../model/failure.ts';
import type { Staged } from './stage.ts';

/**
 * Throws when a listing without users cannot be believed: some providers answer a token that may not see users with an
 * empty list. That everybody really is gone is for the limits to stop.
 */
export async function believable(staged: Staged, connector: Connector, signal: AbortSignal): Promise<void> {
  if (staged.absence === 'unchanged' || staged.progress.users > 0) return;
  for (const { ok, what, detail } of await connector.check(signal)) {
    if (ok) continue;
    throw new Failure('permission', `The identity provider listed no users, and ${what} is not in order: ${detail}`);
  }
}
