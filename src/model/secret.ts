import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A credential. It cannot be printed, logged, cloned or serialised by accident: every such way gives `[secret]`, and a
 * structured clone throws. Only what sends it to its identity provider calls `open()`.
 */
export class Secret {
  readonly #open: () => string;

  /** @param open gives the value, read anew each time so that a rotated file needs no restart; throws a Failure */
  constructor(open: () => string) {
    this.#open = open;
    // A function property makes structuredClone throw DataCloneError instead of quietly giving an empty object.
    Object.defineProperty(this, 'clone', { value: () => HIDDEN, enumerable: true });
  }

  static of(value: string): Secret {
    return new Secret(() => value);
  }

  /** The value itself. Throws a Failure when it cannot be read. */
  open(): string {
    return this.#open();
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
