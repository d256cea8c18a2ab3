/** What objects were before each of their edits, for what is told late. An object's fields are copied, not its identity. */
export class Past<T extends object> {
  readonly #before = new Map<T, { until: number; was: T | null }[]>();
  /** Those that are gone for good, with what they were. */
  readonly gone: T[] = [];

  /** @param was null: the object did not exist */
  keep(object: T, was: T | null, now: number): void {
    const known = this.#before.get(object) ?? [];
    known.push({ until: now, was: was && { ...was } });
    this.#before.set(object, known);
  }

  /** As it was at a time; null where it was not there. */
  at(object: T, time: number): T | null {
    const then = this.#before.get(object)?.find(({ until }) => until > time);
    if (then) return then.was;
    return this.gone.includes(object) ? null : object;
  }

  /** All that were there at a time, of those that are there now and those that are gone. */
  all(now: readonly T[], time: number): T[] {
    return [...now, ...this.gone].flatMap((object) => this.at(object, time) ?? []);
  }
}
