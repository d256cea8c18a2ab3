import { json, type Reply } from '../reply.ts';
import type { Directory } from './directory.ts';
import { refuse } from './errors.ts';
import { type Selection, selected } from './fields.ts';
import type { Privilege } from './kinds.ts';
import type { PageTokens } from './pages.ts';
import type { Parameters } from './parameters.ts';
import type { Holder } from './tokens.ts';

/** What a method of the API needs to answer one request. */
export interface Ask {
  directory: Directory;
  organisationName: string;
  holder: Holder;
  parameters: Parameters;
  /** What `fields` selects. */
  selection: Selection;
  /** The path of the request. */
  path: string;
  pages: PageTokens;
  settings: DirectorySettings;
}

/** What tests may change while the server runs. */
export interface DirectorySettings {
  /** How a deleted user who can be restored is answered by id: 412 conditionNotMet, or 404; both have been seen. */
  deletedUser: 412 | 404;
  /** The last page of rows has a token too, which leads to a page without any: it has happened. */
  emptyLastPage: boolean;
}

/** An answer, or what `fields` wants of it. */
export function found(ask: Ask, body: object): Reply {
  return json(200, selected(body, ask.selection), {
    'content-type': 'application/json; charset=UTF-8',
    'cache-control': 'private',
    vary: 'Origin, X-Origin, Referer',
    ...('etag' in body ? { etag: String(body.etag) } : {}),
  });
}

/** Whether who asks is an administrator with this privilege; any administrator where none is named. */
export function may({ holder }: Ask, privilege?: Privilege): boolean {
  const privileges = holder.user ? holder.user.privileges : holder.account.privileges;
  if (privileges === null) return false;
  return privileges === 'super' || privilege === undefined || privileges.includes(privilege);
}

/** @throws Refusal unless the key is this account's id or stands for it */
export function checkCustomer(ask: Ask, key: string): void {
  if (key === ask.directory.customerId) return;
  // A service account that acts for nobody belongs to no account that could be "mine".
  if (key === 'my_customer') {
    if (ask.holder.user === null) throw refuse.input();
    return;
  }
  throw /^C[0-9a-z]{4,}$/.test(key) ? refuse.forbidden() : refuse.bad();
}

/** The domain that a listing is narrowed to; null is the whole account. @throws Refusal where neither is said */
export function domainOf(ask: Ask): string | null {
  const [customer, domain] = [ask.parameters.text('customer'), ask.parameters.text('domain')?.toLowerCase() ?? null];
  if (customer !== null) checkCustomer(ask, customer);
  if (domain !== null && !ask.directory.domains.includes(domain)) throw refuse.domain();
  if (customer === null && domain === null) throw refuse.bad();
  return domain;
}
