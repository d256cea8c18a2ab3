import type { Clock } from '../../src/model/clock.ts';
import { neverShow } from '../../src/model/secret.ts';

/** What a request for a token is called in messages; a vendor's table tells such requests from others by it. */
export const TOKEN = 'an access token';

/** An access token as its provider gave it. */
export interface Token {
  value: string;
  /** Seconds that it holds from when it was asked for. */
  expiresIn: number;
}

/** Keeps one access token: however many ask at once, one request is made for it. */
export interface TokenKeeper {
  /** The token, renewed in time. Rejects with the signal's reason when it aborts, else with why none was given. */
  get(signal: AbortSignal): Promise<string>;
  /** The provider answered 401 to this token: the next `get` brings another. */
  spurn(value: string): void;
}

/** A token is renewed 20 % of its life, and at least 5 s, before it ends. */
export const margin = (expiresIn: number): number => Math.max(5, 0.2 * expiresIn);

export function keepToken(ask: (signal: AbortSignal) => Promise<Token>, clock: Clock): TokenKeeper {
  let held: { value: string; good: number } | undefined;
  let flight: { promise: Promise<string>; signal: AbortSignal } | undefined;

  async function renew(signal: AbortSignal): Promise<string> {
    const asked = clock.now();
    const { value, expiresIn } = await ask(signal);
    neverShow(value);
    held = { value, good: asked + (expiresIn - margin(expiresIn)) * 1000 };
    return value;
  }

  async function get(signal: AbortSignal): Promise<string> {
    for (;;) {
      signal.throwIfAborted();
      if (held && clock.now() < held.good) return held.value;
      if (!flight) {
        const promise = renew(signal).finally(() => {
          flight = undefined;
        });
        flight = { promise, signal };
      }
      const { promise, signal: asker } = flight;
      try {
        return await unlessAborted(promise, signal);
      } catch (error) {
        // Whoever asked for it gave up, which is no reason to give up here.
        if (!asker.aborted || signal.aborted) throw error;
      }
    }
  }

  return {
    get,
    spurn: (value) => {
      if (held?.value === value) held = undefined;
    },
  };
}

/** The promise, or a rejection with the signal's reason as soon as it aborts. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
