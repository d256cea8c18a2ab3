import type { DirectoryGroup, DirectoryUser } from './kinds.ts';

type Owner = DirectoryUser | DirectoryGroup;

/** Whose each address is: users and groups share them, aliases among them, and all are of the account's domains. */
export class Addresses {
  readonly #domains: readonly string[];
  readonly #owners = new Map<string, Owner>();

  constructor(domains: readonly string[]) {
    this.#domains = domains;
  }

  ownerOf(address: string): Owner | undefined {
    return this.#owners.get(address.toLowerCase());
  }

  /** Throws where one of them belongs to somebody else, or to no domain of the account; then none is taken. */
  take(owner: Owner, addresses: readonly string[]): void {
    for (const address of addresses) {
      const other = this.#owners.get(address);
      if (other && other !== owner) throw new Error(`the emulated directory already has ${address}`);
      if (!this.#domains.includes(address.split('@')[1] ?? '')) {
        throw new Error(`${address} is in none of the domains ${this.#domains.join(', ')}`);
      }
    }
    for (const address of addresses) this.#owners.set(address, owner);
  }

  release(addresses: readonly string[]): void {
    for (const address of addresses) this.#owners.delete(address);
  }
}
