import type { Notice } from './notify.ts';
import type { Ended, SourceState } from './sources.ts';

/** Decides what is worth telling somebody, and tells each thing once. */
export interface Telling {
  ended(state: SourceState, ended: Ended): void;
  /** @param expires ms since 1970 */
  credential(source: string, expires: number): void;
  reloadRefused(message: string): void;
}

export interface TellingOptions {
  tell(notice: Notice): void;
  /** How many failed passes in a row are worth telling. */
  failuresBefore(): number;
  now(): number;
}

const DAY = 86_400_000;
/** Days before its end at which a credential is told of, each once. */
const SOON = [30, 7, 3, 1, 0];

export function createTelling({ tell, failuresBefore, now }: TellingOptions): Telling {
  const blocked = new Map<string, string>();
  const failing = new Set<string>();
  const credentials = new Map<string, string>();
  let refused = '';

  return {
    ended: ({ name: source, failures }, ended) => {
      if (!('failure' in ended) && ended.blocked) {
        const { id, again, limits } = ended.blocked;
        // What an earlier daemon was stopped by was told then.
        if (!again && blocked.get(source) !== id) {
          const message = `A plan of source ${source} was stopped by a limit and waits for a decision. ${limits.join(' ')}`;
          const command = `rosterd approve ${id} --reason "..."`;
          tell({ event: 'blocked', source, message, command, details: { plan: id, run: ended.runId } });
        }
        blocked.set(source, id);
      } else if (!('failure' in ended) && (ended.outcome === 'ok' || ended.outcome === 'unchanged'))
        blocked.delete(source);

      if (failures >= failuresBefore() && !failing.has(source)) {
        failing.add(source);
        const why = 'failure' in ended ? ended.failure.message : (ended.message ?? 'no reason was given');
        const message = `The last ${failures} passes of source ${source} failed: ${why}`;
        tell({ event: 'failing', source, message, command: `rosterd check --online`, details: { failures } });
      }
      if (failures === 0 && failing.delete(source)) {
        tell({ event: 'recovered', source, message: `Passes of source ${source} succeed again.`, command: null });
      }
    },
    credential: (source, expires) => {
      const days = Math.floor((expires - now()) / DAY);
      const step = SOON.findLast((limit) => days <= limit);
      if (step === undefined) return;
      const told = `${expires} ${step}`;
      if (credentials.get(source) === told) return;
      credentials.set(source, told);
      const date = new Date(expires).toISOString().slice(0, 10);
      const message =
        days < 0
          ? `The credential of source ${source} expired on ${date}.`
          : `The credential of source ${source} expires on ${date}, in ${days} days.`;
      tell({ event: 'credential-expiring', source, message, command: null, details: { expires: date } });
    },
    reloadRefused: (message) => {
      if (message === refused) return;
      refused = message;
      const command = 'rosterd check';
      tell({ event: 'reload-refused', source: null, message: `The configuration was not taken: ${message}`, command });
    },
  };
}
