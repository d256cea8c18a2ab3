import { connectorTypes } from '../../connectors/registry.ts';
import { loadConfig } from '../config/load.ts';
import { Failure } from '../model/failure.ts';
import { candidateLine, candidates, explanationReport } from '../report/explain.ts';
import { printable, printableJson } from '../report/text.ts';
import { explain as explanationOf } from '../sync/explain/explain.ts';
import { type Subject, subjects } from '../sync/explain/subject.ts';
import { compileRules } from '../sync/rules.ts';
import type { Io } from './io.ts';
import { type LookOptions, look } from './look.ts';
import { usage } from './options.ts';

export interface ExplainOptions extends LookOptions {
  text?: string;
  all?: boolean;
  /** Only users, or only groups, are meant. */
  user?: boolean;
  group?: boolean;
  source?: string;
}

/** Tells why one user or group is as it is: each rule's value and verdict, and its last changes. */
export async function explain(options: ExplainOptions, io: Io): Promise<number> {
  if (options.user && options.group) throw usage('--user and --group exclude each other: leave out one.');
  const text = options.text ?? '';
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
  const rules = new Map(
    await Promise.all(config.sources.map(async (source) => [source.name, await compileRules(source)] as const)),
  );
  const none = await compileRules({});
  const compile = config.localGroups.length === 0 ? null : (await import('../expressions/compile.ts')).compile;
  const objects = options.user
    ? (['user'] as const)
    : options.group
      ? (['group'] as const)
      : (['user', 'group'] as const);
  return look(options, io, function* (db) {
    const found = subjects(db, text, objects).filter(
      ({ source }) => options.source === undefined || source === options.source,
    );
    const subject = theOne(text, found);
    const explanation = explanationOf(db, subject, rules.get(subject.source) ?? none, compile);
    if (options.json) yield `${printableJson(explanation)}\n`;
    else for (const line of explanationReport(explanation, options.all ?? false)) yield `${line}\n`;
  });
}

/** How many candidates are listed. */
const SHOWN = 10;

function theOne(text: string, found: readonly Subject[]): Subject {
  const [first, ...more] = found;
  if (first && more.length === 0) return first;
  if (!first) {
    throw new Failure(
      'not-found',
      `There is no user or group \`${printable(text)}\` in the directory, nor in what the identity providers listed last (user name, id, external id or mail address; group name or id); "rosterd users TEXT" looks for part of a name.`,
      { exit: 2 },
    );
  }
  const lines = found
    .slice(0, SHOWN)
    .map(({ object, id, ext, name, source }) => candidateLine(object, id, ext, name, source));
  throw new Failure(
    'ambiguous',
    `\`${printable(text)}\` fits ${candidates(found.length)}; give the id at the source or id:NUMBER, with --user, --group or --source NAME where that is not enough:\n${lines.join('\n')}${found.length > SHOWN ? '\n  …' : ''}`,
    { exit: 2 },
  );
}
