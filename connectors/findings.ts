import { Failure } from '../src/model/failure.ts';
import type { Finding } from './connector.ts';
import { FetchFailure } from './http/errors.ts';

/** Someone waits in front of the terminal for a check: a pass is more patient. */
export const TRIES = 3;

/** Looks at one thing: what `see` tells, or the failure that it throws, is what was found. */
export async function look(
  what: string,
  { source, signal }: { source: string; signal: AbortSignal },
  see: () => Promise<string>,
): Promise<Finding> {
  try {
    return { what, ok: true, detail: await see() };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return { what, ok: false, detail: withoutSource(error.message, source) };
  }
}

/** What the provider itself said against signing in; undefined where nothing. That it was not reached is thrown. */
export async function refusalOf(signIn: () => Promise<void>): Promise<FetchFailure | undefined> {
  try {
    await signIn();
    return undefined;
  } catch (error) {
    if (error instanceof FetchFailure && error.code !== 'unreachable' && error.code !== 'throttled') return error;
    throw error;
  }
}

/** A finding stands below its source's name. */
export function withoutSource(message: string, source: string): string {
  const start = `Source "${source}": `;
  const text = message.startsWith(start) ? message.slice(start.length) : message;
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
