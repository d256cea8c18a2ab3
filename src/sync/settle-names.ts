/** Somebody who holds a name, or holds none yet, and wants another. */
export interface Claim {
  /** The account or group. */
  id: number;
  /** The folded name that it wants. */
  key: string;
}

/**
 * Decides which of those who already exist get the names they want. A name is free when nobody holds it, when its
 * holder yields (`yields`), or when its holder moves in the same plan to a name that it gets; so two people can swap
 * names. Of several who want one name the first claim wins; the order is that of the ids at the identity provider.
 * @returns the ids of those who get their names
 */
export function settleNames(
  claims: readonly Claim[],
  holderOf: (key: string) => number | undefined,
  yields: (holder: number) => boolean = () => false,
): Set<number> {
  const first = new Map<string, Claim>();
  const claimOf = new Map<number, Claim>();
  for (const claim of claims) {
    if (!first.has(claim.key)) first.set(claim.key, claim);
    claimOf.set(claim.id, claim);
  }
  const verdicts = new Map<number, boolean>();
  for (const claim of claims) {
    if (verdicts.has(claim.id)) continue;
    const path: Claim[] = [];
    const onPath = new Set<number>();
    let next: Claim | undefined = claim;
    let wins = false;
    for (;;) {
      if (next === undefined || first.get(next.key) !== next) break;
      const known = verdicts.get(next.id);
      // A circle on this very path: everybody in it moves at once.
      wins = known ?? onPath.has(next.id);
      if (known !== undefined || wins) break;
      path.push(next);
      onPath.add(next.id);
      const holder = holderOf(next.key);
      wins = holder === undefined || holder === next.id || yields(holder);
      if (wins) break;
      next = holder === undefined ? undefined : claimOf.get(holder);
    }
    verdicts.set(claim.id, false);
    for (const step of path) verdicts.set(step.id, wins);
  }
  return new Set([...verdicts].filter(([, wins]) => wins).map(([id]) => id));
}
