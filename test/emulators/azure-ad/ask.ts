import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import type { App, Holder } from './apps.ts';
import type { DeltaTokens } from './delta-tokens.ts';
import { refuse } from './errors.ts';
import type { Kind } from './kinds.ts';
import type { PageTokens } from './pages.ts';
import type { Tenant } from './tenant.ts';

/** What an endpoint of Graph needs to answer one request. */
export interface Ask {
  tenant: Tenant;
  tenantId: string;
  organisationName: string;
  holder: Holder;
  apps: readonly App[];
  parameters: URLSearchParams;
  headers: Received['headers'];
  body: string;
  /** The path below the version, as asked for, without a slash at its start. */
  path: string;
  /** The address of the version, such as `https://127.0.0.1:40123/v1.0`. */
  root: string;
  strict: boolean;
  eventual: boolean;
  pages: PageTokens;
  deltas: DeltaTokens;
  settings: GraphSettings;
}

/** What tests may change while the server runs. */
export interface GraphSettings {
  /** Rows on a page of a delta query; the client has no say in it, but for `Prefer: odata.maxpagesize`. */
  deltaPageSize: number;
  /** Members of one group on a page of a delta query; a larger group comes again. */
  deltaMembers: number;
  /** Milliseconds until a delta query tells of a change. */
  deltaLag: number;
  /** How an expired delta token is refused: 410 with a Location, or 400; the vendor does both. */
  expiredDelta: 'gone' | 'syncStateNotFound';
  /** Lists service principals among members. The vendor's v1.0 leaves them out. */
  listServicePrincipals: boolean;
}

const casts: Readonly<Record<string, Kind>> = {
  'microsoft.graph.user': 'user',
  'microsoft.graph.group': 'group',
  'microsoft.graph.device': 'device',
  'microsoft.graph.servicePrincipal': 'servicePrincipal',
  'microsoft.graph.orgContact': 'orgContact',
};

/** The kind that a cast at the end of a path names; null for none. @throws Refusal */
export function kindOf(cast: string): Kind | null {
  const kind = casts[cast];
  if (cast !== '' && !kind) throw refuse.segment(cast);
  return kind ?? null;
}

/** An answer as Graph writes it (OData 4.01, JSON format, minimal metadata). */
export const found = (body: unknown, headers: Readonly<Record<string, string>> = {}): Reply =>
  json(200, body, {
    'content-type':
      'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
    'odata-version': '4.0',
    ...headers,
  });
