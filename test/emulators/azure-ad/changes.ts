import type { TenantGroup, TenantObject, TenantUser } from './kinds.ts';

/** One change of one object, as a delta query may tell of it. */
export type Change = { readonly object: TenantObject; readonly at: number } & (
  | { readonly what: 'added' }
  | { readonly what: 'edited'; readonly properties: readonly string[] }
  | { readonly what: 'removed'; readonly reason: 'changed' | 'deleted' }
  | { readonly what: 'manager'; readonly before: TenantUser | null; readonly after: TenantUser | null }
  | { readonly what: 'member'; readonly member: TenantObject; readonly joined: boolean }
);

/**
 * What has changed in a tenant, in order. It is kept from the first delta query on: what came before is in no answer.
 * Purging a user takes it out of its groups without a word about them, as the vendor does.
 */
export class Changes {
  readonly now: () => number;
  #kept = false;
  readonly #log: Change[] = [];

  constructor(now: () => number) {
    this.now = now;
  }

  /** How many changes there are that are at least `lag` milliseconds old: a position to read on from later. */
  position(lag: number): number {
    this.#kept = true;
    const latest = this.now() - lag;
    let length = this.#log.length;
    while (length > 0 && (this.#log[length - 1]?.at ?? 0) > latest) length--;
    return length;
  }

  between(from: number, to: number): readonly Change[] {
    return this.#log.slice(from, to);
  }

  added(object: TenantObject): void {
    if (this.#kept) this.#log.push({ object, at: this.now(), what: 'added' });
  }

  edited(object: TenantObject, properties: readonly string[]): void {
    if (this.#kept) this.#log.push({ object, at: this.now(), what: 'edited', properties });
  }

  removed(object: TenantObject, reason: 'changed' | 'deleted'): void {
    if (this.#kept) this.#log.push({ object, at: this.now(), what: 'removed', reason });
  }

  manager(object: TenantUser, before: TenantUser | null, after: TenantUser | null): void {
    if (this.#kept) this.#log.push({ object, at: this.now(), what: 'manager', before, after });
  }

  member(object: TenantGroup, member: TenantObject, joined: boolean): void {
    if (this.#kept) this.#log.push({ object, at: this.now(), what: 'member', member, joined });
  }
}
