import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A credential. It cannot be printed, logged, cloned or serialised by accident: every such way gives `[secret]`, and a
 * structured clone (a message to a worker, a v8 serialisation) throws. Only what sends it to its identity provider
 * calls `open()`.
 */
export class Secret {
  readonly #open: () => string;

  /** @param open gives the value, read anew each time so that a rotated file needs no restart; throws a Failure */
  constructor(open: () => string) {
    this.#open = open;
    // Private fields alone would clone to an empty object, which fails much later and far away. A function cannot be
    // cloned, and the error that says so shows this one's text.
    function aSecretIsNeverCloned(): string {
      return HIDDEN;
    }
    Object.defineProperty(this, 'secret', { value: aSecretIsNeverCloned, enumerable: true });
    Object.freeze(this);
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
