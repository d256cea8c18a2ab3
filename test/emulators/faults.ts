import type { Clock } from '../../src/model/clock.ts';
import type { Random } from './random.ts';
import { json, type Reply, text } from './reply.ts';
import type { Received } from './server.ts';

/** What an emulator does in place of, before or to its honest answer. */
export type Behaviour = (request: Received, answer: () => Promise<Reply>) => Promise<Reply>;

/** Which requests a behaviour meets. */
export interface Which {
  method?: string;
  /** A text must occur in the path; a pattern must match it. */
  path?: string | RegExp;
  /** Parameters that must be there, with these values. */
  query?: Readonly<Record<string, string>>;
  /** The first matching request that is met, from 1; default 1. */
  nth?: number;
  /** How many matching requests from there on; default 1, `Infinity` for all. */
  times?: number;
}

/** What holds for every request until it is changed. */
export interface Conditions {
  /** Milliseconds before each answer. */
  latencyMs: number;
  /** Up to so many milliseconds more, at random. */
  jitterMs: number;
  /** The share of requests, 0 to 1, that get a failure of `failures` instead. */
  errorRate: number;
  failures: readonly [Behaviour, ...Behaviour[]];
}

export interface Faults {
  conditions: Conditions;
  /** Makes matching requests misbehave. Gives back a function that ends it. The first fault that matches is the one. */
  when(which: Which, behaviour: Behaviour): () => void;
  /** Ends all of them and makes the conditions fair again. */
  clear(): void;
  apply: Behaviour;
}

export function faults(random: Random, clock: Clock): Faults {
  const rules: { which: Which; behaviour: Behaviour; seen: number }[] = [];
  const fair = (): Conditions => ({
    latencyMs: 0,
    jitterMs: 0,
    errorRate: 0,
    failures: [status(500), status(502), status(503, { retryAfter: 1 }), status(429, { retryAfter: 1 }), reset()],
  });
  const chosen = (request: Received): Behaviour | null => {
    let found: Behaviour | null = null;
    for (const rule of rules) {
      if (!matches(rule.which, request)) continue;
      rule.seen++;
      const first = rule.which.nth ?? 1;
      if (rule.seen >= first && rule.seen < first + (rule.which.times ?? 1)) found ??= rule.behaviour;
    }
    return found;
  };
  const all: Faults = {
    conditions: fair(),
    when: (which, behaviour) => {
      const rule = { which, behaviour, seen: 0 };
      rules.push(rule);
      return () => {
        const at = rules.indexOf(rule);
        if (at >= 0) rules.splice(at, 1);
      };
    },
    clear: () => {
      rules.length = 0;
      all.conditions = fair();
    },
    apply: async (request, answer) => {
      const { latencyMs, jitterMs, errorRate, failures } = all.conditions;
      const wait = latencyMs + (jitterMs > 0 ? random.next() * jitterMs : 0);
      if (wait > 0) await clock.sleep(wait);
      const behaviour = chosen(request) ?? (errorRate > 0 && random.next() < errorRate ? random.pick(failures) : null);
      return behaviour ? behaviour(request, answer) : answer();
    },
  };
  return all;
}

function matches(which: Which, request: Received): boolean {
  if (which.method && which.method !== request.method) return false;
  if (typeof which.path === 'string' && !request.path.includes(which.path)) return false;
  if (which.path instanceof RegExp && !which.path.test(request.path)) return false;
  return Object.entries(which.query ?? {}).every(([key, value]) => request.query.get(key) === value);
}

/** `retryAfter` is seconds, or a date, which goes out in the form of RFC 9110, section 10.2.3. */
export function status(code: number, options: { retryAfter?: number | Date; body?: unknown } = {}): Behaviour {
  const after = options.retryAfter;
  const headers: Record<string, string> =
    after === undefined ? {} : { 'retry-after': after instanceof Date ? after.toUTCString() : String(after) };
  return async () => json(code, options.body ?? { error: `HTTP ${code}` }, headers);
}

/** An answer made by the caller. */
export const answer =
  (reply: Reply): Behaviour =>
  async () =>
    reply;

/** A page for people, as a proxy or a login portal gives it. */
export const html = (code: number, title = 'Sign in'): Behaviour =>
  answer(text(code, `<!doctype html><title>${title}</title><h1>${title}</h1>`, { 'content-type': 'text/html' }));

/** The JSON value of the honest answer, changed. */
export function rewrite(change: (value: unknown) => unknown): Behaviour {
  return async (_request, honest) => {
    const reply = await honest();
    return { ...reply, body: JSON.stringify(change(JSON.parse(reply.body))) };
  };
}

export const nullBody = (): Behaviour => rewrite(() => null);
export const emptyBody = (): Behaviour => async (_request, honest) => ({ ...(await honest()), body: '' });

/** The honest object without one of its keys; a list, with every row without it. */
export function without(key: string): Behaviour {
  const drop = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(drop)
      : value && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
        : value;
  return rewrite(drop);
}

/** The rows of the honest list, changed; of an object, those of the only list in it: OData names it `value`, Google `users`. */
export function rows(change: (rows: readonly unknown[]) => unknown[]): Behaviour {
  return rewrite((answer) => {
    if (Array.isArray(answer)) return change(answer);
    const object: Record<string, unknown> = answer && typeof answer === 'object' ? { ...answer } : {};
    const [name, ...others] = Object.keys(object).filter((key) => Array.isArray(object[key]));
    const list = name === undefined ? undefined : object[name];
    if (name === undefined || !Array.isArray(list) || others.length > 0) {
      throw new Error('rows() met an answer that is not a list');
    }
    return { ...object, [name]: change(list) };
  });
}

/** Promises all bytes and sends this share of them, 0 to 1, before the connection ends. */
export const cutOff =
  (share = 0.5): Behaviour =>
  async (_request, honest) => ({ ...(await honest()), delivery: { how: 'cut', share } });

export const trickle =
  (bytes: number, everyMs: number): Behaviour =>
  async (_request, honest) => ({ ...(await honest()), delivery: { how: 'trickle', bytes, everyMs } });

/** The connection is reset before any answer. */
export const reset = (): Behaviour => async () => ({ status: 0, headers: {}, body: '', delivery: { how: 'reset' } });

/** Sends the caller to the same path and query of another origin. */
export const redirect =
  (origin: string, code = 302): Behaviour =>
  async (request) => {
    const query = request.query.size > 0 ? `?${request.query}` : '';
    return { status: code, headers: { location: `${origin}${request.path}${query}` }, body: '' };
  };

/** Does something first, such as an edit of the directory, then answers honestly. */
export const before =
  (act: () => unknown): Behaviour =>
  async (_request, honest) => {
    await act();
    return honest();
  };

/** Answers honestly, and does something before the answer leaves: what is read next sees it. */
export const after =
  (act: () => unknown): Behaviour =>
  async (_request, honest) => {
    const reply = await honest();
    await act();
    return reply;
  };
