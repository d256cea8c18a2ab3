/** An object and the key that its listing is sorted by; no two have one key. */
export interface Place<T> {
  readonly key: string;
  readonly object: T;
}

/** Lists in the order of a text, whatever its case, made when they are asked for and kept until something changes. */
export class Listings<T extends { readonly id: string }> {
  readonly #all: ReadonlyMap<string, T>;
  readonly #sorted = new Map<string, readonly Place<T>[]>();

  constructor(all: ReadonlyMap<string, T>) {
    this.#all = all;
  }

  /** @param name stands for this test and this text, always */
  get(name: string, test: (object: T) => boolean, textOf: (object: T) => string): readonly Place<T>[] {
    const known = this.#sorted.get(name);
    if (known) return known;
    const listed = [...this.#all.values()]
      .filter(test)
      .map((object) => ({ key: `${textOf(object).toLowerCase()} ${object.id}`, object }));
    listed.sort((a, b) => (a.key < b.key ? -1 : 1));
    this.#sorted.set(name, listed);
    return listed;
  }

  forget(): void {
    this.#sorted.clear();
  }
}
