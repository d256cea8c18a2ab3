import { onTestFinished } from 'vitest';
import { type Http, type HttpOptions, openHttp } from '../../../connectors/http/http.ts';
import type { Reply } from '../../emulators/reply.ts';
import { type EmulatorServer, type Received, serve } from '../../emulators/server.ts';
import { type TestClock, testClock } from './clock.ts';

export interface Opened {
  http: Http;
  clock: TestClock;
  logged: string[];
}

/** A fetch layer for one test, closed when it ends. */
export function open(
  url: string,
  options: Partial<HttpOptions> & { env?: object; ca?: string; clock?: TestClock } = {},
): Opened {
  const clock = options.clock ?? testClock();
  const logged: string[] = [];
  const log = (fields: object, message: string) => void logged.push(JSON.stringify(fields) + message);
  const { env = {}, ca, ...rest } = options;
  const http = openHttp({
    surroundings: {
      source: 'corp',
      clock,
      env: { ...env },
      log: { debug: log, warn: log },
      ...(ca === undefined ? {} : { ca }),
    },
    product: 'Exemplar',
    url: new URL(url),
    setting: 'url',
    random: () => 1,
    ...rest,
  });
  onTestFinished(() => http.close());
  return { http, clock, logged };
}

/** A server for one test; its answers come from a list, the last of which stays. */
export async function answering(
  answers: readonly (Reply | ((request: Received) => Reply | Promise<Reply>))[],
  tls?: { key: string; cert: string },
): Promise<EmulatorServer> {
  let next = 0;
  const server = await serve({
    // What trickles waits for nothing either, unless a test holds it.
    clock: testClock(),
    ...(tls ? { tls } : {}),
    answer: async (request) => {
      const answer = answers[Math.min(next++, answers.length - 1)];
      if (!answer) throw new Error('no answer');
      return typeof answer === 'function' ? await answer(request) : answer;
    },
  });
  onTestFinished(() => server.close());
  return server;
}

export const never = new AbortController().signal;

/** What a promise fails with; its success is a failure of the test. */
export async function failureOf(promise: Promise<unknown>): Promise<Error & { code?: unknown }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
