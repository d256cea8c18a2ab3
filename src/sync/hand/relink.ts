import { inScope } from '../change.ts';
import { USER } from '../known.ts';
import { type HandAccount, locksOf, type Person, readAccount } from './account.ts';
import { type ByHand, type Edited, editByHand, type Hand, refusal, type Turn } from './edit.ts';
import { lookAgain } from './look-again.ts';
import { closeSourced } from './memberships.ts';
import { patchAccount } from './write-account.ts';

/** The user at a source whom an account is to be of from now on. */
export interface Target {
  source: string;
  /** The user's id at the source. */
  ext: string;
}

interface Candidate {
  node: number;
  sourceId: number;
  /** The account that the user has already. */
  account: number | null;
}

const CANDIDATE = `SELECT n.id AS node, n.source_id AS sourceId, i.account_id AS account FROM sources s
  JOIN nodes n ON n.source_id = s.id AND n.kind = ${USER} AND n.ext = @ext JOIN mirror_users m ON m.node = n.id AND m.state = 0
  LEFT JOIN identities i ON i.node = n.id WHERE s.name = @source`;
const STILL_THERE = `SELECT EXISTS (SELECT 1 FROM mirror_users WHERE node = ? AND state <> 3
  AND json_extract(record, '$.active') IS NOT 0)`;
const MOVE = 'UPDATE identities SET node = @node, source_id = @sourceId WHERE node = @from';

/**
 * Ties an account to another user: the same person under a new id. The next pass makes the account what that user is.
 * Two accounts are never merged, and nobody is left behind without one: both are refused.
 */
export const relink = (by: ByHand, person: Person, to: Target, turn: Turn): Promise<Edited<Target>> =>
  editByHand(by, [...new Set([...locksOf(person), ...locksOf(to)])], turn, (hand) => {
    const account = readAccount(hand.db, person);
    const found = hand.db.prepare<[Target], Candidate>(CANDIDATE).get(to);
    const target = allowed(hand, account, found, to);
    if (target.node !== account.node) move(hand, account, target, to);
    return to;
  });

function allowed(hand: Hand, account: HandAccount, target: Candidate | undefined, { source, ext }: Target): Candidate {
  const { id, node } = account;
  if (node === null) {
    throw refusal(
      `Account ${id} was made by hand, and no pass may touch it; nothing was changed. Delete it with "rosterd user delete id:${id}", and the next pass makes an account for the user.`,
    );
  }
  if (!target) {
    throw refusal(
      `What source \`${source}\` listed last has no user \`${ext}\`; nothing was changed. Look up the id at the identity provider; if it is right, sync first with "rosterd --once --source ${source}".`,
    );
  }
  if (target.node === node) return target;
  if (target.account !== null) {
    throw refusal(
      `The user \`${ext}\` of source \`${source}\` has account ${target.account} already, and two accounts are never made one; nothing was changed. Keep the one that is to be used, and hold the other with "rosterd user suspend id:${target.account} --reason TEXT" or "rosterd user suspend id:${id} --reason TEXT".`,
    );
  }
  if (hand.db.prepare<[number], number>(STILL_THERE).pluck().get(node) === 1) {
    throw refusal(
      `The user \`${account.ext}\` behind account ${id} is still active at source \`${account.source}\`, and would get another account; nothing was changed. Disable or delete that user there, sync with "rosterd --once --source ${account.source}", and try again.`,
    );
  }
  return target;
}

function move(hand: Hand, account: HandAccount, { node, sourceId }: Candidate, { source, ext }: Target): void {
  const { db, runId } = hand;
  const { id, userName, node: from } = account;
  const other = sourceId !== account.sourceId;
  db.prepare(MOVE).run({ node, sourceId, from });
  patchAccount(hand, id, { primary_node: node, source_id: sourceId });
  // A membership never crosses sources.
  if (other || !inScope(account.reason)) closeSourced(hand, id);
  const before = { externalId: account.ext, ...(other && { source: account.source }) };
  const after = { externalId: ext, ...(other && { source }) };
  hand.journal({ object: 'user', id, name: userName, action: 'update', before, after });
  const nodes = from === null ? [node] : [from, node];
  lookAgain(db, sourceId, nodes, runId);
  if (other && account.sourceId !== null) lookAgain(db, account.sourceId, nodes, runId);
}
