import { type Refusal, tooMany } from './errors.ts';

/** The vendor's default, of queries in a minute for each user and project. */
export const QUERIES_A_MINUTE = 2400;

const MINUTE_MS = 60_000;

export interface QuotaSettings {
  /** Queries in a minute for each user; false is no limit. */
  quota: number | false;
  /** How what is too much is refused: all four ways have been seen. */
  quotaReason: keyof typeof tooMany;
}

/** Counts queries by minute: with each new one everybody has all of the limit again. What is refused is not counted. */
export function quota(settings: QuotaSettings, project: string, now: () => number): (who: string) => Refusal | null {
  let minute = -1;
  const counts = new Map<string, number>();
  return (who) => {
    const current = Math.floor(now() / MINUTE_MS);
    if (current !== minute) counts.clear();
    minute = current;
    const count = counts.get(who) ?? 0;
    if (settings.quota !== false && count >= settings.quota) return tooMany[settings.quotaReason](project);
    counts.set(who, count + 1);
    return null;
  };
}
