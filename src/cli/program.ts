import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../daemon/version.ts';
import { parseDuration } from '../model/duration.ts';
import { Failure } from '../model/failure.ts';
import { didYouMean } from '../model/near.ts';
import { groupCommands } from './group-commands.ts';
import type { Io } from './io.ts';
import { LOOKUPS } from './lookups.ts';
import { userCommands } from './user-commands.ts';

/** Parses the command line and runs one command. Gives the exit status; design of the statuses: docs/commands.md. */
export async function program(io: Io, args: readonly string[]): Promise<number> {
  let status = 0;
  try {
    const root = commandLine(io, (code) => {
      status = code;
    });
    await root.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    return explain(await told(error), io);
  }
}

/** Every command. Its code is imported when it runs: a look-up must not wait for what a sync loads. */
function commandLine(io: Io, end: (status: number) => void): Command {
  const root = new Command('rosterd')
    .description(
      'Reads users, groups and memberships from identity providers, and keeps one local directory true to them.',
    )
    .version(version(), '--version', 'print the version and exit')
    .helpOption('-h, --help', 'print this help and exit')
    .helpCommand(false)
    .enablePositionalOptions()
    .configureOutput({ writeOut: (text) => io.out.write(text), writeErr: (text) => io.err.write(text) })
    .exitOverride()
    .option('--once', 'sync every source once and exit (default: off)')
    .option('--dry-run', 'with --once: plan, and change nothing (default: off)')
    .allowExcessArguments();
  syncing(shared(root)).action(async (options, command: Command) => {
    const [word] = command.args;
    const names = root.commands.map((one) => one.name());
    if (word !== undefined)
      throw usage(`There is no command \`${word}\`${didYouMean(word, names) || '; "rosterd --help" lists them.'}`);
    if (!options.once) {
      const given = ['source', 'dryRun', 'exitCode', 'all', 'json'].filter((name) => options[name] !== undefined);
      if (given.length > 0)
        throw usage(
          `--${given[0]?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} belongs to --once: without it rosterd runs as a daemon, for every source.`,
        );
      end(await (await import('./daemon.ts')).daemon({ ...options, wait: options.wait ?? WAIT }, io));
      return;
    }
    const { once } = await import('./once.ts');
    end(await once({ ...options, wait: options.wait ?? WAIT }, io));
  });

  const add = (name: string, description: string) => shared(root.command(name).description(description));
  const options = (command: Command) => command.optsWithGlobals();

  add('check', 'check the configuration file; with --online also every credential and permission')
    .option('--online', 'ask every identity provider too (default: off)')
    .action(async (_, command: Command) => {
      const { online } = options(command);
      if (online) end(await (await import('./online.ts')).checkOnline(options(command), io));
      else end(await (await import('./check.ts')).check(options(command), io));
    });
  syncing(add('plan', 'print what a sync would do, and change nothing'))
    .option('--offline', 'plan from what the last sync read: no request leaves the machine (default: off)')
    .action(async (_, command: Command) => {
      const { once } = await import('./once.ts');
      end(await once({ wait: WAIT, ...options(command), dryRun: true }, io));
    });
  acting(add('approve', 'let a plan happen that a limit stopped'))
    .argument('<plan>', 'the plan id that the blocked pass printed')
    .option('--reason <text>', 'why, for the journal')
    .option('--all', 'print every change instead of the first ones (default: off)')
    .action(async (plan: string, _, command: Command) => {
      const { approve } = await import('./approve.ts');
      end(await approve(plan, { wait: WAIT, ...options(command) }, io));
    });
  const lent = {
    ...{ io, end },
    acting: (command: Command) => acting(shared(command)),
    options: (command: Command) => ({ wait: WAIT, ...options(command) }),
  };
  userCommands(root, lent);
  groupCommands(root, lent);
  const source = root.command('source').description('rename or remove a source of the directory').helpCommand(false);
  acting(shared(source.command('rename').description('give a source another name; its accounts and groups stay')))
    .argument('<old>', 'the name that it has')
    .argument('<new>', 'the name that it gets')
    .action(async (from: string, to: string, _, command: Command) => {
      const { sourceRename } = await import('./source-rename.ts');
      end(await sourceRename(from, to, { wait: WAIT, ...options(command) }, io));
    });
  acting(shared(source.command('remove').description('remove a source that the configuration no longer names')))
    .argument('<name>', 'the source')
    .option('--delete', 'delete its accounts instead of deactivating them (default: off)')
    .option('--reason <text>', 'why, for the journal')
    .option('--all', 'print every change instead of the first ones (default: off)')
    .action(async (name: string, _, command: Command) => {
      const { sourceRemove } = await import('./source-remove.ts');
      end(await sourceRemove(name, { wait: WAIT, ...options(command) }, io));
    });
  waitable(add('backup', 'write a consistent copy of the directory, while everything goes on'))
    .argument('<file>', 'where to write it; it must not exist')
    .action(async (file: string, _, command: Command) => {
      const { backup } = await import('./backup.ts');
      end(await backup(file, { wait: WAIT, ...options(command) }, io));
    });
  acting(add('restore', 'put a backup back in the place of the directory'))
    .argument('<file>', 'the backup')
    .action(async (file: string, _, command: Command) => {
      const { restore } = await import('./restore.ts');
      end(await restore(file, { wait: WAIT, ...options(command) }, io));
    });
  waitable(add('doctor', 'look whether the directory is sound; changes nothing')).action(
    async (_, command: Command) => {
      const { doctor } = await import('./doctor.ts');
      end(await doctor({ wait: WAIT, ...options(command) }, io));
    },
  );
  add('health', 'say whether the daemon of this directory is well; exits 0 while it is').action(
    async (_, command: Command) => {
      end(await (await import('./health.ts')).health(options(command), io));
    },
  );
  add('sync', 'ask the running daemon for a pass now, and print what it did')
    .argument('<name>', 'the source')
    .option('--full', 'list everything, although only changes are due (default: off)')
    .option('--all', 'print every change instead of the first ones (default: off)')
    .action(async (name: string, _, command: Command) => {
      end(await (await import('./sync.ts')).sync(name, options(command), io));
    });
  add('schema', 'print the JSON Schema of the configuration file').action(async (_, command: Command) => {
    end(await (await import('./schema.ts')).schema(options(command), io));
  });
  for (const { name, summary, arguments: words, options: flags } of LOOKUPS) {
    const command = add(name, summary);
    for (const [argument, help] of words) command.argument(argument, help);
    for (const [flag, help] of flags) command.option(flag, help);
    command.action(async () => {
      const given = Object.fromEntries(command.registeredArguments.map((one, at) => [one.name(), command.args[at]]));
      const look = await LOOK_UP[name]?.();
      const { config, json } = options(command);
      if (look) end(await look({ ...command.opts(), config, json, ...given }, io));
    });
  }
  return root;
}

/** The code of each look-up, by its name in lookups.ts. */
const LOOK_UP: Readonly<Record<string, () => Promise<(options: object, io: Io) => Promise<number>>>> = {
  users: async () => (await import('./users.ts')).users,
  groups: async () => (await import('./groups.ts')).groups,
  members: async () => (await import('./members.ts')).members,
  runs: async () => (await import('./runs.ts')).runs,
  changes: async () => (await import('./changes.ts')).changes,
  problems: async () => (await import('./problems.ts')).problems,
  explain: async () => (await import('./explain.ts')).explain,
};

/** Milliseconds to wait for another rosterd, unless `--wait` says otherwise. */
const WAIT = 60_000;

/** The options that every command takes. */
function shared(command: Command): Command {
  return command
    .option(
      '--config <file>',
      'the configuration file, - for standard input (default: $ROSTERD_CONFIG, else ./config.yaml)',
    )
    .option('--json', 'print JSON instead of text (default: off)');
}

/** The options of a sync and of a plan. */
function syncing(command: Command): Command {
  return acting(command)
    .option(
      '--source <name>',
      'only this source, or `local` for only the rules of local groups; may be given several times (default: every source)',
      (name, before?: string[]) => [...(before ?? []), name],
    )
    .option('--full', 'list everything, although only changes are due (default: off)')
    .option('--all', 'print every change instead of the first ones (default: off)')
    .option('--exit-code', 'of a plan: exit 4 when changes are pending (default: off)');
}

/** The options of what is journalled, and may have to wait for its turn. */
function acting(command: Command): Command {
  return waitable(
    command.option('--by <name>', 'who asks for it, for the journal (default: $ROSTERD_ACTOR, else the system user)'),
  );
}

function waitable(command: Command): Command {
  return command.addOption(
    new Option(
      '--wait <duration>',
      'how long to wait for another rosterd on the same directory (default: 60s)',
    ).argParser(milliseconds),
  );
}

function milliseconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Give a duration such as 500ms, 30s, 5m or 1h.');
  return ms;
}

const usage = (message: string) => new Failure('usage', message, { exit: 2 });

/** What SQLite says of the directory in the middle of a command, as a sentence that says what to do. */
async function told(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_'))) return error;
  return (await import('../directory/explained.ts')).explained(error, 'that the configuration names');
}

/** The one place where failures become sentences and exit statuses. */
function explain(error: unknown, io: Io): number {
  // Commander has printed its sentence already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Failure) {
    io.err.write(`${error.message}\n`);
    return error.exit;
  }
  const text = error instanceof Error ? (io.env.ROSTERD_DEBUG ? error.stack : error.message) : String(error);
  io.err.write(`rosterd met something unforeseen and stopped: ${text}\nSet ROSTERD_DEBUG=1 to see where.\n`);
  return 1;
}
