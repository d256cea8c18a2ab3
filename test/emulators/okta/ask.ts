import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { type Refusal, refuse } from './errors.ts';
import type { Holder, Sight } from './holders.ts';
import type { LimitSettings } from './limits.ts';
import type { Org } from './org.ts';
import type { Cursors } from './pages.ts';

/** What an endpoint needs to answer one request. */
export interface Ask {
  org: Org;
  holder: Holder;
  sight: Sight;
  parameters: URLSearchParams;
  headers: Received['headers'];
  /** As asked for, not decoded. */
  path: string;
  /** The name of the org that links are written with. */
  origin: string;
  strict: boolean;
  cursors: Cursors;
  /** The page asked for, and every page that it leads to, is this one again. */
  repeats: boolean;
  settings: OktaSettings;
  now: number;
}

/** What tests may change while the server runs. */
export interface OktaSettings extends LimitSettings {
  /** Links as header lines of their own, or as one line with a comma; the vendor does both. */
  linkHeader: 'lines' | 'joined';
  /** Another name of the org that links are written with, such as `https://acme-admin.okta.example`; null: the server's own. */
  linkOrigin: string | null;
  /** A page holds what is left of so many rows when those that do not fit are dropped: short and empty pages lead on. */
  shortPages: boolean;
  /** This page of every list, from 1, is empty and leads on; null: none is. */
  emptyPage: number | null;
  /**
   * How an object outside the role's reach is answered by id, as if it were forbidden or as if it were not there. The
   * vendor's description has both for a user, a group and a group's members, and does not say which is when.
   */
  hidden: 403 | 404;
  /** Passes over the parameter `fields`, and shows all of a user. */
  ignoreFields: boolean;
  /** Milliseconds until `search` finds a change. */
  searchLag: number;
  /** Requests at the same time that the org allows. */
  concurrency: number;
  /** How too many at the same time are told: with zeros, or with what remains of the limit in a minute, as if nothing were wrong. */
  concurrencyHeaders: 'zeros' | 'remaining';
  /** Seconds that an access token lives; at the vendor always an hour. */
  tokenLifespan: number;
  /** A DPoP proof at a resource needs the nonce of the token endpoint too. */
  resourceNonces: boolean;
}

/** @param kind such as `User` or `UserGroup` */
export const outOfReach = ({ settings }: Ask, id: string, kind: string): Refusal =>
  settings.hidden === 404 ? refuse.missing(id, kind) : refuse.permission();

export const found = (body: unknown, headers: Readonly<Record<string, string | string[]>> = {}): Reply =>
  json(200, body, headers);
