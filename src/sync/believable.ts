import type { Connector } from '../../connectors/connector.ts';
import { Failure } from '../model/failure.ts';
import type { Known } from './known.ts';
import type { Staged } from './stage.ts';

/**
 * Throws when a listing without users cannot be believed: a token that may not see users is answered with an empty
 * list by some providers, and no organisation loses everybody at once.
 */
export async function believable(
  staged: Staged,
  known: Known,
  connector: Connector,
  signal: AbortSignal,
): Promise<void> {
  if (staged.absence === 'unchanged' || staged.progress.users > 0) return;
  for (const finding of await connector.check(signal)) {
    if (!finding.ok) {
      throw new Failure(
        'permission',
        `The identity provider listed no users, and ${finding.what} is not in order: ${finding.detail}`,
      );
    }
  }
  const before = known.users.unseen().length;
  if (before === 0) return;
  throw new Failure(
    'empty',
    `The identity provider listed no users, where the last snapshot had ${before}. Nothing was changed. Look at the tenant; if it really is empty, remove the source.`,
  );
}
