import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { Refusal } from './errors.ts';

const WINDOW_MS = 10_000;

/** Resource units in ten seconds, by the size of the tenant (learn.microsoft.com/graph/throttling-limits). */
export const unitsFor = (users: number): number => (users < 50 ? 3500 : users <= 500 ? 5000 : 8000);

/** What a request costs: the base of its kind, less one for `$select` and for `$top` below 20, more for `$expand`; at least 1. */
export function costOf({ method, path, query }: Pick<Received, 'method' | 'path' | 'query'>): number {
  const has = (name: string) => query.has(`$${name}`) || query.has(name);
  const below = path.replace(/^\/(v1\.0|beta)\//, '');
  const base = bases.find(([wanted, pattern]) => wanted === method && pattern.test(below))?.[2] ?? 1;
  const top = query.get('$top') ?? query.get('top');
  const less = (has('select') ? 1 : 0) + (top !== null && Number(top) < 20 ? 1 : 0);
  return Math.max(1, base - less + (has('expand') ? 1 : 0));
}

const bases: readonly (readonly [string, RegExp, number])[] = [
  ['GET', /^users$/, 2],
  ['GET', /^users\/[^/]+\/(memberOf|transitiveMemberOf)(\/|$)/, 2],
  ['GET', /^groups\/[^/]+\/members(\/|$)/, 3],
  ['GET', /^groups\/[^/]+\/transitiveMembers(\/|$)/, 5],
  ['GET', /^servicePrincipals.*\/appRoleAssignments$/, 2],
  ['POST', /^directoryObjects\/(microsoft\.graph\.)?getByIds$/, 3],
];

export interface Throttle {
  /**
   * Takes the cost of a request from what is left.
   * @param ids the application's and the tenant's, for the header that says whose limit it is
   * @throws Refusal with 429 when there is not enough
   */
  take(cost: number, ids: readonly [string, string]): void;
  /** The answer with the headers that tell what it cost, and above four fifths of the limit, how near that is. */
  marked(reply: Reply, cost: number): Reply;
}

/**
 * A bucket that empties evenly, so that after ten seconds without a request there is room for all of the limit.
 * @param limit resource units in ten seconds, asked for at each request; null is no limit
 */
export function throttle(limit: () => number | null, now: () => number): Throttle {
  let at = now();
  let used = 0;
  return {
    take: (cost, ids) => {
      const most = limit();
      if (most === null) return;
      used = Math.max(0, used - ((now() - at) * most) / WINDOW_MS);
      at = now();
      const over = used + cost - most;
      if (over > 0) {
        throw new Refusal(429, 'TooManyRequests', 'Please retry again later.', {
          'retry-after': String(Math.max(1000, Math.ceil((over / most) * WINDOW_MS)) / 1000),
          'x-ms-throttle-scope': `Tenant_Application/ReadWrite/${ids.join('/')}`,
          'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
        });
      }
      used += cost;
    },
    marked: (reply, cost) => {
      const most = limit();
      const share = most === null ? 0 : used / most;
      const near = share >= 0.8 ? { 'x-ms-throttle-limit-percentage': share.toFixed(2) } : {};
      return { ...reply, headers: { ...reply.headers, 'x-ms-resource-unit': String(cost), ...near } };
    },
  };
}
