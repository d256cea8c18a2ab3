import { COLUMN_OF } from '../../directory/accounts.ts';
import { fold } from '../../directory/names.ts';
import type { Db } from '../../directory/open.ts';
import { STANDARD_ATTRIBUTES, type StandardAttribute } from '../../model/user.ts';
import { deletion, type Values } from '../change.ts';
import { storedOf } from '../stored.ts';
import { asText } from '../values.ts';
import { type HandAccount, type Person, readLocal } from './account.ts';
import { type ByHand, type Edited, editByHand, type Hand, refusal, type Turn } from './edit.ts';
import { closeAll } from './memberships.ts';
import { freeUserName } from './names.ts';
import { patchAccount, regainName, setState } from './write-account.ts';

/** Attributes as somebody typed them; an empty or blank text takes the value away. */
export type Typed = Partial<Record<Exclude<StandardAttribute, 'manager'>, string>> & {
  /** The manager's account; null for none. */
  manager?: number | null;
};

interface Named {
  id: number;
  userName: string | null;
}

const INSERT = `INSERT INTO accounts (name_key, user_name, active, created_at, updated_at) VALUES (?, ?, 1, ?, ?)`;

/** Makes an account of the source `local`, which no pass ever touches. */
export const addUser = (by: ByHand, name: string, typed: Typed, turn: Turn): Promise<Edited<Named>> =>
  editByHand(by, [], turn, (hand) => {
    const { db, at } = hand;
    const userName = freeUserName(db, name);
    const id = Number(db.prepare(INSERT).run(fold(userName), userName, at, at).lastInsertRowid);
    const { after, columns } = differences(null, asked(db, typed));
    patchAccount(hand, id, columns);
    const values = { active: true, userName, ...after };
    hand.journal({ object: 'user', id, name: userName, action: 'create', before: null, after: values });
    return { id, userName };
  });

/** Edits a local account; with `activate`, brings back one that was deactivated. */
export const updateUser = (
  by: ByHand,
  person: Person,
  typed: Typed,
  activate: boolean,
  turn: Turn,
): Promise<Edited<Named>> =>
  editByHand(by, [], turn, (hand) => {
    const instead = 'Change it at the identity provider, or by a rule of that source.';
    const account = readLocal(hand.db, person, instead);
    if (activate && account.reason === 'suspended') {
      throw refusal(
        `Account ${account.id} is suspended; "rosterd user unsuspend id:${account.id}" ends that. Nothing was changed.`,
      );
    }
    const { userName, ...others } = asked(hand.db, typed);
    const now = userName === undefined ? account : rename(hand, account, userName ?? '');
    const { before, after, columns } = differences(account, others);
    if (Object.keys(after).length > 0) {
      patchAccount(hand, now.id, columns);
      hand.journal({ object: 'user', id: now.id, name: now.userName, action: 'update', before, after });
    }
    if (activate && now.reason !== null) {
      regainName(hand, now);
      setState(hand, now, 'reactivate', null);
    }
    return { id: now.id, userName: now.userName };
  });

/** Deactivates a local account until "user update --active"; its memberships stay, hidden. */
export const deactivateUser = (by: ByHand, person: Person, turn: Turn): Promise<Edited<Named>> =>
  editByHand(by, [], turn, (hand) => {
    const account = readLocal(hand.db, person, `${suspendInstead(person)}.`);
    if (account.reason === 'suspended') {
      throw refusal(
        `Account ${account.id} is suspended, so it is not active. Nothing was changed; "rosterd user unsuspend id:${account.id}" first.`,
      );
    }
    if (account.reason === null) setState(hand, account, 'deactivate', 'manual');
    return { id: account.id, userName: account.userName };
  });

const REPORTS =
  'SELECT id, user_name AS userName FROM accounts WHERE source_id IS NULL AND manager_id = ? AND deleted_at IS NULL';

/** Deletes a local account for good, with its memberships; its name is free, its id never given again. */
export const deleteUser = (by: ByHand, person: Person, turn: Turn): Promise<Edited<Named>> =>
  editByHand(by, [], turn, (hand) => {
    const instead = `${suspendInstead(person)}; it is deleted when its user leaves, as \`onMissing\` and \`deleteAfter\` say.`;
    const account = readLocal(hand.db, person, instead);
    const { id, userName } = account;
    for (const report of hand.db.prepare<[number], Named>(REPORTS).all(id)) {
      if (report.id === id) continue;
      patchAccount(hand, report.id, { manager_id: null });
      const values = { before: { managerId: id }, after: { managerId: null } };
      hand.journal({ object: 'user', id: report.id, name: report.userName, action: 'update', ...values });
    }
    closeAll(hand, 'account', id);
    patchAccount(hand, id, { name_key: null, active: 0, deleted_at: hand.at });
    const { action, before: was, after } = deletion(storedOf(account), 'hand');
    const before = { ...was, ...(account.holdsName === 0 && { holdsName: false }) };
    hand.journal({ object: 'user', id, name: userName, action, before, after });
    return { id, userName };
  });

const suspendInstead = ({ id }: Person) => `"rosterd user suspend id:${id} --reason TEXT" holds it inactive`;

type Asked = Partial<Record<StandardAttribute, string | null>> & { managerId?: number | null };

const ACCOUNT = 'SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ? AND deleted_at IS NULL)';

function asked(db: Db, { manager, ...typed }: Typed): Asked {
  const found: Asked = {};
  for (const name of STANDARD_ATTRIBUTES) {
    const text = name === 'manager' ? undefined : typed[name];
    if (text !== undefined) found[name] = asText(text) ?? null;
  }
  if (manager === undefined) return found;
  if (manager !== null && db.prepare<[number], number>(ACCOUNT).pluck().get(manager) !== 1)
    throw refusal(`The manager, account ${manager}, was deleted meanwhile. Nothing was changed.`);
  return { ...found, managerId: manager };
}

/** Gives an account another name, which it then holds. */
function rename(hand: Hand, account: HandAccount, to: string): HandAccount {
  const { id, userName } = account;
  const name = freeUserName(hand.db, to, id);
  if (name === userName) return account;
  patchAccount(hand, id, { user_name: name, name_key: fold(name) });
  const regained = account.holdsName === 0;
  const before = { userName, ...(regained && { holdsName: false }) };
  const after = { userName: name, ...(regained && { holdsName: true }) };
  hand.journal({ object: 'user', id, name: userName, action: 'rename', before, after });
  return { ...account, userName: name, holdsName: 1 };
}

function differences(account: HandAccount | null, wanted: Asked) {
  const before: Record<string, Values[string]> = {};
  const after: Record<string, Values[string]> = {};
  const columns: Record<string, string | number | null> = {};
  for (const name of [...STANDARD_ATTRIBUTES, 'managerId'] as const) {
    const value = wanted[name];
    if (value === undefined || name === 'userName' || value === (account?.[name] ?? null)) continue;
    before[name] = account?.[name] ?? null;
    after[name] = value;
    columns[name === 'managerId' ? 'manager_id' : COLUMN_OF[name]] = value;
  }
  return { before, after, columns };
}
