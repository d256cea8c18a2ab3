import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { processIo } from './cli/io.ts';
import { version } from './daemon/version.ts';
import { parseDuration } from './model/duration.ts';
import { Failure } from './model/failure.ts';

// Commands are imported when they run: a look-up must not wait for what a sync loads.
const io = processIo();
let status = 0;

const wait = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Give a duration such as 500ms, 30s, 5m or 1h.');
  return ms;
};
const collect = (name: string, before: string[] | undefined) => [...(before ?? []), name];

const program = new Command('rosterd')
  .description(
    'Reads users, groups and memberships from identity providers and keeps one local directory true to them.',
  )
  .version(version(), '--version', 'print the version and exit')
  .helpOption('-h, --help', 'print this help and exit')
  .helpCommand(false)
  .configureHelp({ showGlobalOptions: true })
  .option(
    '--config <file>',
    'the configuration file, - for standard input (default: $ROSTERD_CONFIG, else ./config.yaml)',
  )
  .option('--json', 'print JSON instead of text (default: off)')
  .option(
    '--wait <duration>',
    'how long to wait for another rosterd that is busy with the same directory',
    wait,
    60_000,
  )
  .option('--once', 'sync every source once and exit (default: off)')
  .option('--source <name>', 'only this source; may be given several times (default: every source)', collect)
  .option('--dry-run', 'with --once: plan and change nothing (default: off)')
  .option('--exit-code', 'with --dry-run or plan: exit 4 when changes are pending (default: off)')
  .option('--all', 'print every change instead of the first ones (default: off)')
  .option('--by <name>', 'who asks for this, for the journal (default: $ROSTERD_ACTOR, else the system user)')
  .exitOverride()
  .action(async (options) => {
    if (!options.once) {
      throw new Failure(
        'usage',
        'This version syncs when asked: run "rosterd --once", or "rosterd --help" to see every command.',
        { exit: 2 },
      );
    }
    const { once } = await import('./cli/once.ts');
    status = await once(options, io);
  });

program
  .command('check')
  .description('check the configuration file; with --online also every credential and permission')
  .option('--online', 'ask every identity provider too (default: off)')
  .action(async (_, command: Command) => {
    const options = command.optsWithGlobals();
    const { check } = await import('./cli/check.ts');
    status = options.online
      ? await (await import('./cli/online.ts')).checkOnline(options, io)
      : await check(options, io);
  });

program
  .command('plan')
  .description('print what a sync would do, and change nothing')
  .option('--offline', 'use what the last sync read: no request leaves the machine (default: off)')
  .action(async (_, command: Command) => {
    const { once } = await import('./cli/once.ts');
    status = await once({ ...command.optsWithGlobals(), dryRun: true }, io);
  });

program
  .command('schema')
  .description('print the JSON Schema of the configuration file')
  .action(async (_, command: Command) => {
    const { schema } = await import('./cli/schema.ts');
    status = await schema(command.optsWithGlobals(), io);
  });

/** The one place where failures become sentences and exit statuses. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Failure) {
    io.err.write(`${error.message}\n`);
    return error.exit;
  }
  const text = error instanceof Error ? (io.env.ROSTERD_DEBUG ? error.stack : error.message) : String(error);
  io.err.write(`rosterd met something unforeseen and stopped: ${text}\nSet ROSTERD_DEBUG=1 to see where.\n`);
  return 1;
}

try {
  await program.parseAsync();
} catch (error) {
  status = explain(error);
}
process.exitCode = status;
