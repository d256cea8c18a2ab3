import type { Member, SourceGroup } from '../model/group.ts';
import { type SourceUser, STANDARD_ATTRIBUTES } from '../model/user.ts';

/**
 * Fingerprints of what a source showed: equal fingerprints mean that nothing rosterd keeps has changed, so nothing is
 * written. 53 bits, salted for each directory: of a million records that changed, one in nine thousand million is
 * overlooked. Not a cryptographic hash; whoever chooses values cannot see the salt.
 */
export interface Printer {
  user(user: SourceUser): number;
  group(group: SourceGroup): number;
  /** A fingerprint of a list of members that does not depend on their order. */
  members(): MembersPrint;
}

export interface MembersPrint {
  add(member: Member): void;
  value(): number;
}

const NULL = 0x10001;
const END = 0x10000;

/** @param seed 16 hexadecimal digits, of the directory's `meta` */
export function printer(seed: string): Printer {
  const seed1 = Number.parseInt(seed.slice(0, 8), 16);
  const seed2 = Number.parseInt(seed.slice(8, 16), 16);
  let h1 = 0;
  let h2 = 0;

  const begin = () => {
    h1 = seed1;
    h2 = seed2;
  };
  const word = (value: number) => {
    h1 = Math.imul(h1 ^ value, 2654435761);
    h2 = Math.imul(h2 ^ value, 1597334677);
    h1 ^= h2 >>> 15;
  };
  const text = (value: string | null) => {
    if (value === null) return word(NULL);
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      h1 = Math.imul(h1 ^ unit, 2654435761);
      h2 = Math.imul(h2 ^ unit, 1597334677);
      h1 ^= h2 >>> 15;
    }
    word(END);
  };
  const finish = () => {
    h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
    h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  };
  const result = () => (h2 & 0x1fffff) * 0x100000000 + (h1 >>> 0);
  const extras = (extra: SourceUser['extra']) => {
    for (const key of Object.keys(extra).sort()) {
      text(key);
      text(JSON.stringify(extra[key] ?? null));
    }
  };

  return {
    user(user) {
      begin();
      word(user.active === null ? 2 : Number(user.active));
      for (const attribute of STANDARD_ATTRIBUTES) text(user.attributes[attribute]);
      extras(user.extra);
      finish();
      return result();
    },
    group(group) {
      begin();
      text(group.name);
      text(group.description);
      text(group.type);
      text(group.email);
      extras(group.extra);
      finish();
      return result();
    },
    members() {
      let sum1 = 0;
      let sum2 = 0;
      let count = 0;
      return {
        add(member) {
          begin();
          word(KINDS[member.kind]);
          if (member.kind !== 'everyone') text(member.id);
          finish();
          sum1 = (sum1 + h1) | 0;
          sum2 = (sum2 + h2) | 0;
          count++;
        },
        value() {
          begin();
          word(sum1);
          word(sum2);
          word(count);
          finish();
          return result();
        },
      };
    },
  };
}

const KINDS = { user: 1, group: 2, other: 3, everyone: 4 } as const;
