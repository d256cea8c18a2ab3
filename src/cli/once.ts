import { userInfo } from 'node:os';
import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, loadConfig, openSecrets } from '../config/load.ts';
import { didYouMean } from '../config/near.ts';
import { openToLook } from '../directory/open.ts';
import { Failure } from '../model/failure.ts';
import type { PassResult } from '../model/pass.ts';
import { passReport } from '../report/pass.ts';
import type { Io } from './io.ts';
import { type Asked, planAll, syncAll } from './passes.ts';
import { cancelOnSignals } from './signals.ts';

export interface OnceOptions {
  config?: string;
  source?: string[];
  dryRun?: boolean;
  offline?: boolean;
  exitCode?: boolean;
  json?: boolean;
  all?: boolean;
  /** Who asked; else ROSTERD_ACTOR, else the system user. */
  by?: string;
  /** Milliseconds. */
  wait: number;
}

/** One sync, or one plan, of every source or of those named; prints what it did. Gives the exit status. */
export async function once(options: OnceOptions, io: Io): Promise<number> {
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
  const names = chosen(config, options.source);
  if (!options.offline) openSecrets(config, names);
  const dry = options.dryRun === true || options.offline === true;
  const asked: Asked = {
    names,
    read: options.offline ? 'none' : 'full',
    actor: actor(options.by, io),
    wait: options.wait,
  };
  using cancelling = cancelOnSignals();
  const results = (dry ? planAll : syncAll)(config, asked, io, cancelling.signal);
  const printer = options.json ? jsonPrinter(io) : textPrinter(io, { dry, all: options.all === true });
  const ended: PassResult[] = [];
  for await (const result of results) {
    printer.pass(result);
    ended.push(result);
  }
  printer.end();
  return exitStatus(ended, dry && options.exitCode === true);
}

function chosen(config: Config, wanted: string[] | undefined): string[] {
  const names = config.sources.map(({ name }) => name);
  for (const name of wanted ?? []) {
    if (names.includes(name)) continue;
    throw new Failure(
      'usage',
      `${config.file} has no source \`${name}\`${didYouMean(name, names) || `; it has ${names.join(', ')}.`}`,
      { exit: 2 },
    );
  }
  return wanted === undefined ? names : names.filter((name) => wanted.includes(name));
}

function actor(by: string | undefined, io: Io): string {
  const named = by ?? io.env.ROSTERD_ACTOR;
  if (named) return named;
  try {
    return userInfo().username;
  } catch {
    // A numbered user without a name, as containers have.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Of several, a failure comes first; then what waits to be done, where `--exit-code` asks. */
function exitStatus(results: readonly PassResult[], pending: boolean): number {
  if (results.some(({ outcome }) => outcome !== 'ok' && outcome !== 'unchanged')) return 1;
  return pending && results.some(({ outcome }) => outcome === 'ok') ? 4 : 0;
}

interface Printer {
  pass(result: PassResult): void;
  end(): void;
}

function textPrinter(io: Io, telling: { dry: boolean; all: boolean }): Printer {
  const colour = io.out.isTTY === true && !io.env.NO_COLOR;
  return {
    pass: (result) => {
      const db = openToLook(result.directory);
      try {
        for (const line of passReport(db, result, { ...telling, colour })) io.out.write(`${line}\n`);
      } finally {
        db.close();
      }
    },
    end: () => {
      if (telling.dry) io.out.write('Nothing was changed: this was a plan.\n');
    },
  };
}

const CHANGES = 'SELECT * FROM v1_changes WHERE run_id = ?';
const RUN = `SELECT created, updated, deactivated, reactivated, deleted, groups_changed, members_added, members_removed
  FROM v1_runs WHERE id = ?`;

/** One array of passes, each with its changes; written as it goes, since a first import may have a million changes. */
function jsonPrinter(io: Io): Printer {
  let first = true;
  return {
    pass: (result) => {
      const { directory, ...told } = result;
      const db = openToLook(directory);
      try {
        const run = db.prepare<[number], object>(RUN).get(result.runId);
        io.out.write(`${first ? '[\n' : ',\n'}${JSON.stringify({ ...told, ...run }).slice(0, -1)},"changes":[`);
        first = false;
        let separator = '\n  ';
        for (const change of db.prepare<[number], Record<string, unknown>>(CHANGES).iterate(result.runId)) {
          const { before, after } = change;
          // Written by sync/plan/table.ts.
          const parsed = {
            ...change,
            before: JSON.parse(String(before)) as unknown,
            after: JSON.parse(String(after)) as unknown,
          };
          io.out.write(separator + JSON.stringify(parsed));
          separator = ',\n  ';
        }
        io.out.write(']}');
      } finally {
        db.close();
      }
    },
    end: () => {
      io.out.write(first ? '[]\n' : '\n]\n');
    },
  };
}
