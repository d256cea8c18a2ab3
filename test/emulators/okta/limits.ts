/** The parts of the API that have a limit of their own (developer.okta.com/docs/reference/rl-global-mgmt). */
export type Bucket = 'users' | 'user' | 'groups' | 'group' | 'members' | 'token' | 'other';

/** Requests in a minute for the whole org, as the vendor allows a workforce org; those of real answers where it says nothing. */
export const vendorLimits: Readonly<Record<Bucket, number>> = {
  users: 600,
  user: 2000,
  groups: 500,
  group: 1000,
  members: 500,
  token: 1200,
  other: 1200,
};

/** So high that a client which keeps below what the headers tell never waits. */
export const noLimits: Readonly<Record<Bucket, number>> = {
  users: 1e9,
  user: 1e9,
  groups: 1e9,
  group: 1e9,
  members: 1e9,
  token: 1e9,
  other: 1e9,
};

const patterns: readonly (readonly [RegExp, Bucket])[] = [
  [/^\/api\/v1\/users$/, 'users'],
  [/^\/api\/v1\/users\/[^/]+$/, 'user'],
  [/^\/api\/v1\/groups$/, 'groups'],
  [/^\/api\/v1\/groups\/[^/]+$/, 'group'],
  [/^\/api\/v1\/groups\/[^/]+\/users$/, 'members'],
  [/^\/oauth2\/v1\/token$/, 'token'],
];

export const bucketOf = (path: string): Bucket => patterns.find(([pattern]) => pattern.test(path))?.[1] ?? 'other';

export interface LimitSettings {
  limits: Record<Bucket, number>;
  /** How much of each limit one token or app may use, 0 to 1; the vendor's default is one half. */
  tokenShare: number;
  /** False: everything is let pass; the headers count all the same. */
  throttle: boolean;
}

export interface Spent {
  over: boolean;
  headers: Readonly<Record<string, string>>;
}

interface Window {
  until: number;
  all: number;
  by: Map<string, number>;
}

const MINUTE_MS = 60_000;

/**
 * Counts requests. A minute begins with the first request to its part of the API, and the headers are those of whichever
 * limit is nearer, the org's or the caller's share of it; real answers show the share.
 */
export function rateLimits(settings: LimitSettings, now: () => number): (bucket: Bucket, principal: string) => Spent {
  const windows = new Map<Bucket, Window>();
  return (bucket, principal) => {
    const known = windows.get(bucket);
    const window = known && known.until > now() ? known : { until: now() + MINUTE_MS, all: 0, by: new Map() };
    windows.set(bucket, window);
    const limit = settings.limits[bucket];
    const share = Math.max(1, Math.floor(limit * settings.tokenShare));
    const mine = window.by.get(principal) ?? 0;
    const left = Math.min(limit - window.all, share - mine);
    const over = settings.throttle && left <= 0;
    if (!over) {
      window.all++;
      window.by.set(principal, mine + 1);
    }
    return { over, headers: limitHeaders(share, Math.max(0, left - 1), window.until) };
  };
}

/** @param until milliseconds since the epoch */
export const limitHeaders = (limit: number, remaining: number, until: number): Record<string, string> => ({
  'x-rate-limit-limit': String(limit),
  'x-rate-limit-remaining': String(remaining),
  'x-rate-limit-reset': String(Math.ceil(until / 1000)),
});
