import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/** Characters of what may be struck from a text: shorter words stand in texts by chance, longer ones are no credential. */
const [SHORTEST, LONGEST] = [8, 8192] as const;
/** So many credentials are in use in one process at most, tokens that were renewed among them. */
const MOST = 200;
/** What was used lately. It is read by `struck` alone. */
const used = new Set<string>();

/** A credential that did not come from the configuration, such as an access token: `struck` knows it from now on. */
export function neverShow(credential: string): void {
  if (credential.length < SHORTEST || credential.length > LONGEST) return;
  used.delete(credential);
  used.add(credential);
  const [oldest] = used;
  if (used.size > MOST && oldest !== undefined) used.delete(oldest);
}

/** A text from outside without the credentials in use, should it repeat one: a proxy's page may show the request. */
export function struck(text: string): string {
  let clean = text;
  for (const credential of used) {
    for (const form of new Set([credential, encodeURIComponent(credential.toWellFormed())]))
      if (clean.includes(form)) clean = clean.replaceAll(form, HIDDEN);
  }
  return clean;
}

/** Characters that a text may have before its cut, so that no credential is cut in two. */
export const STRIKE_MARGIN = LONGEST;

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
    const value = this.#open();
    neverShow(value);
    return value;
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
