import { Failure } from '../../src/model/failure.ts';

/**
 * What a listing can fail with, as programs see it:
 * `authentication` the provider does not accept the credentials; `permission` it does, and refuses the request;
 * `throttled` it asked to wait longer than a pass may; `incomplete` it answered, but not with what was asked for;
 * `unreachable` no usable answer came: name, network, TLS, proxy, time, or a server that fails.
 */
export type FetchCode = 'authentication' | 'permission' | 'throttled' | 'incomplete' | 'unreachable';

/** An HTTP answer that is not a 2xx, whichever SDK asked. `body` is parsed JSON, or the text as it came. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** What a row of a vendor's table of errors says: the sentence without the source, which is put before it. */
export interface Explanation {
  code: FetchCode;
  sentence: string;
}

/** A failure of the fetch layer. Its message names the source and says what to do now. */
export class FetchFailure extends Failure {
  declare readonly code: FetchCode;

  constructor(code: FetchCode, message: string, cause?: Error) {
    super(code, message, cause ? { cause } : {});
    this.name = 'FetchFailure';
  }
}

/** A failure that an answer explains. The answer itself is out of reach of loggers, which print what they can list. */
export class Refusal extends FetchFailure {
  readonly status: number;
  readonly #answer: Answer;

  constructor(code: FetchCode, message: string, answer: Answer) {
    super(code, message);
    this.name = 'Refusal';
    this.status = answer.status;
    this.#answer = answer;
  }

  answer(): Answer {
    return this.#answer;
  }
}

/** Thrown by an attempt for every answer that is not a 2xx; the fetch layer retries it or makes it a Refusal. */
export class Refused extends Error {
  readonly #answer: Answer;

  constructor(answer: Answer) {
    super(`status ${answer.status}`);
    this.#answer = answer;
  }

  answer(): Answer {
    return this.#answer;
  }
}
