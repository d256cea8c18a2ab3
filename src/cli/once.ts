import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, loadConfig, openSecrets } from '../config/load.ts';
import { openToLook } from '../directory/open.ts';
import { Failure } from '../model/failure.ts';
import { LOCAL } from '../model/local.ts';
import { didYouMean } from '../model/near.ts';
import type { PassResult } from '../model/pass.ts';
import { passReport } from '../report/pass.ts';
import { actor } from './actor.ts';
import type { Io } from './io.ts';
import { leftLines } from './left.ts';
import { type Asked, type Ended, pausedIn, planAll, syncAll } from './passes.ts';
import { cancellable } from './signals.ts';

export interface OnceOptions {
  config?: string;
  source?: string[];
  dryRun?: boolean;
  offline?: boolean;
  full?: boolean;
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
  const paused = pausedIn(config);
  // A source is paused, perhaps, because its provider and its secret are gone.
  if (!options.offline)
    openSecrets(
      config,
      names.filter((name) => !paused.has(name)),
    );
  const dry = options.dryRun === true || options.offline === true;
  const asked: Asked = {
    names,
    read: options.offline ? 'none' : 'full',
    ...(options.full && { full: true }),
    actor: actor(options.by, io),
    wait: options.wait,
  };
  const passes = dry ? planAll : syncAll;
  if (!dry) io.toTheEnd?.();
  const printer = printerFor(options, io, dry);
  const all: Ended[] = [];
  try {
    await cancellable(async (signal) => {
      for await (const one of passes(config, asked, io, signal)) {
        all.push(one);
        printer.pass(one);
      }
    });
  } finally {
    printer.end();
  }
  if (all.length === 0 && !options.json)
    io.out.write(`${LOCAL}: nothing to do; local groups are as their rules say.\n`);
  // Where no pass began, perhaps the directory cannot be opened.
  const began = all.some((one) => !('failure' in one));
  if (began && !options.json) for (const line of leftLines(config)) io.out.write(`${line}\n`);
  const failures = all.map((one) => ('failure' in one ? one.failure.message : null));
  // A directory that cannot be opened is told once, not by every source.
  for (const sentence of new Set(failures)) if (sentence !== null) io.err.write(`${sentence}\n`);
  return exitStatus(all, dry && options.exitCode === true);
}

function chosen(config: Config, wanted: string[] | undefined): string[] {
  const names = config.sources.map(({ name }) => name);
  for (const name of wanted ?? []) {
    if (names.includes(name) || name === LOCAL) continue;
    throw new Failure(
      'usage',
      `${config.file} has no source \`${name}\`${didYouMean(name, names) || `; it has ${names.join(', ')}.`}`,
      { exit: 2 },
    );
  }
  return wanted === undefined ? names : names.filter((name) => wanted.includes(name));
}

/** Of several statuses the first of these: what has to be mended comes before what has to be decided, or done. */
const ORDER = [2, 1, 5, 3, 4];

/** @param pending whether changes that wait to be done have a status of their own */
export function exitStatus(all: readonly Ended[], pending: boolean): number {
  const statuses = all.map((one): number => {
    if ('failure' in one) return one.failure.exit;
    if ('paused' in one) return 0;
    if (one.outcome === 'blocked') return 3;
    if (one.outcome === 'ok') return pending ? 4 : 0;
    if (one.outcome === 'unchanged') return 0;
    return one.code === 'busy' || one.code === 'approval' ? 5 : 1;
  });
  return ORDER.find((status) => statuses.includes(status)) ?? 0;
}

/** Prints results, as JSON or for people. */
export function printerFor(options: { json?: boolean; all?: boolean; config?: string }, io: Io, dry: boolean): Printer {
  const { config } = options;
  const rosterd = config === undefined || config === '-' ? 'rosterd' : `rosterd --config ${shellWord(config)}`;
  return options.json ? jsonPrinter(io) : textPrinter(io, { dry, all: options.all === true, rosterd });
}

export interface Printer {
  pass(result: Ended): void;
  end(): void;
}

/** A path as a shell takes it. */
const shellWord = (path: string): string => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

function textPrinter(io: Io, telling: { dry: boolean; all: boolean; rosterd: string }): Printer {
  const colour = io.out.isTTY === true && !io.env.NO_COLOR;
  let told = false;
  return {
    pass: (result) => {
      if ('failure' in result) return;
      if ('paused' in result) {
        io.out.write(`${result.source}: ${PAUSED}\n`);
        return;
      }
      told = true;
      const db = openToLook(result.directory);
      try {
        for (const line of passReport(db, result, { ...telling, colour })) io.out.write(`${line}\n`);
      } finally {
        db.close();
      }
    },
    end: () => {
      if (telling.dry && told) io.out.write('Nothing was changed: this was a plan.\n');
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
      const begin = first ? '[\n' : ',\n';
      first = false;
      if ('failure' in result || 'paused' in result) {
        io.out.write(begin + JSON.stringify(notBegun(result)));
        return;
      }
      const { directory, ...told } = result;
      const db = openToLook(directory);
      try {
        const run = db.prepare<[number], object>(RUN).get(result.runId);
        io.out.write(`${begin}${JSON.stringify({ ...told, ...run }).slice(0, -1)},"changes":[`);
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

const PAUSED = 'paused in the configuration; it was left alone, and everything of it stays as it is.';

/** What is told of a source whose pass did not begin. */
function notBegun(ended: Exclude<Ended, PassResult>): object {
  const { source } = ended;
  if ('paused' in ended) return { source, runId: null, outcome: 'paused', message: PAUSED, code: null, changes: [] };
  const { code, message } = ended.failure;
  return { source, runId: null, outcome: code === 'cancelled' ? 'cancelled' : 'failed', message, code, changes: [] };
}
