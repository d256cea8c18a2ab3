import { LOCAL } from '../model/local.ts';
import type { Notice } from './notify.ts';
import type { Ended, SourceState } from './sources.ts';

/** Decides what is worth telling somebody, and tells each thing once: what did not arrive at the next occasion again. */
export interface Telling {
  ended(state: Pick<SourceState, 'name' | 'failures'>, ended: Ended): void;
  /** How many passes of a source failed in a row before this process began, as far as the directory knows. */
  failedBefore(source: string, failures: number): void;
  /** @param expires ms since 1970 */
  credential(source: string, expires: number): void;
  reloadRefused(message: string): void;
  reloaded(): void;
}

export interface TellingOptions {
  /** Whether it arrived. */
  tell(notice: Notice): Promise<boolean>;
  /** How many failed passes in a row are worth telling. */
  failuresBefore(): number;
  now(): number;
}

const DAY = 86_400_000;
/** Days before its end at which a credential is told of, each once; the last is after it. */
const SOON = [30, 7, 3, 1, 0, -1];

/**
 * What was told is remembered in this process only: after a restart what still holds is told once more, which is better
 * than not at all where another process met it first or nobody could be told.
 */
export function createTelling({ tell, failuresBefore, now }: TellingOptions): Telling {
  const blocked = new Map<string, string>();
  const failing = new Map<string, string>();
  const failedBefore = new Set<string>();
  const credentials = new Map<string, string>();
  const refused = new Map<null, string>();

  /** Tells what `told` does not hold for this source. */
  function once<K extends string | null>(told: Map<K, string>, source: K, what: string, notice: () => Notice): void {
    if (told.get(source) === what) return;
    told.set(source, what);
    void tell(notice()).then((arrived) => {
      if (!arrived && told.get(source) === what) told.delete(source);
    });
  }

  return {
    ended: ({ name: source, failures }, ended) => {
      if (!('failure' in ended) && ended.blocked) {
        const { id, limits } = ended.blocked;
        once(blocked, source, id, () => ({
          ...{ event: 'blocked', source, command: `rosterd approve ${id} --reason "..."` },
          message: `${planOf(source)} was stopped by a limit and waits for a decision. ${limits.join(' ')}`,
          details: { plan: id, run: ended.runId },
        }));
      } else if (succeeded(ended)) blocked.delete(source);

      if (failures > 0 && failures >= failuresBefore()) {
        const why = 'failure' in ended ? ended.failure.message : (ended.message ?? 'no reason was given');
        const message = `The last ${failures} passes of source ${source} failed: ${why}`;
        const command = 'rosterd check --online';
        once(failing, source, 'failing', () => ({
          ...{ event: 'failing', source, message, command, details: { failures } },
        }));
      }
      if (failures === 0 && (succeeded(ended) || isBlocked(ended))) {
        const [told, before] = [failing.delete(source), failedBefore.delete(source)];
        const message = `Passes of source ${source} succeed again.`;
        if (told || before) void tell({ event: 'recovered', source, message, command: null });
      }
    },
    failedBefore: (source, failures) => {
      if (failures > 0 && failures >= failuresBefore()) failedBefore.add(source);
    },
    credential: (source, expires) => {
      const days = Math.floor((expires - now()) / DAY);
      const step = SOON.findLast((limit) => days <= limit);
      if (step === undefined) return;
      const date = new Date(expires).toISOString().slice(0, 10);
      const left = days === 0 ? 'less than a day' : `${days} day${days === 1 ? '' : 's'}`;
      const what = days < 0 ? `expired on ${date}` : `expires on ${date}, in ${left}`;
      const message = `The credential of source ${source} ${what}.`;
      once(credentials, source, `${expires} ${step}`, () => ({
        ...{ event: 'credential-expiring', source, message, command: null, details: { expires: date } },
      }));
    },
    reloadRefused: (why) => {
      const message = `The configuration was not taken: ${why}`;
      once(refused, null, why, () => ({ event: 'reload-refused', source: null, message, command: 'rosterd check' }));
    },
    reloaded: () => refused.clear(),
  };
}

const planOf = (source: string): string =>
  source === LOCAL ? 'An edit of the rules of local groups' : `A plan of source ${source}`;
const succeeded = (ended: Ended): boolean =>
  !('failure' in ended) && (ended.outcome === 'ok' || ended.outcome === 'unchanged');
const isBlocked = (ended: Ended): boolean => !('failure' in ended) && ended.blocked !== null;
