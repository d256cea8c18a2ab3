import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Io } from '../../src/cli/io.ts';
import type { LookOptions } from '../../src/cli/look.ts';
import { SOURCE } from '../config/kit.ts';
import { Directory, type Tenant } from '../sync/kit.ts';

export const DAY = 86_400_000;

/** What a command printed, and its exit status. */
export interface Printed {
  exit: number;
  out: string;
  err: string;
}

/** A terminal of so many columns, without colour unless it is asked for. */
export interface Terminal {
  columns: number;
  colour?: boolean;
}

type Command<Options> = (options: Options, io: Io, clock?: Directory['clock']) => Promise<number>;

/** Runs a look-up in a directory, as its operator would beside the configuration file. */
export async function look<Options extends LookOptions>(
  directory: Directory,
  command: Command<Options>,
  options: Options,
  terminal?: Terminal,
): Promise<Printed> {
  writeFileSync(join(directory.folder, 'config.yaml'), `directory: ./directory.db\n${SOURCE}`);
  const out = Object.assign(new PassThrough(), terminal && { isTTY: true, columns: terminal.columns });
  const err = new PassThrough();
  const texts: string[] = [];
  out.on('data', (text) => texts.push(String(text)));
  const env = terminal?.colour ? {} : { NO_COLOR: '1' };
  const io: Io = { out, err, in: Readable.from([]), env, cwd: directory.folder };
  const exit = await command(options, io, directory.clock);
  return { exit, out: texts.join(''), err: String(err.read() ?? '') };
}

/** What a look-up prints on paper; it is an error of the test if it does anything else. */
export async function paper<Options extends LookOptions>(
  directory: Directory,
  command: Command<Options>,
  options: Options,
): Promise<string> {
  const { exit, out, err } = await look(directory, command, options);
  if (exit !== 0 || err !== '') throw new Error(`exit ${exit}: ${err}`);
  return out;
}

/** What a look-up gives to programs. */
export async function rows<Options extends LookOptions>(
  directory: Directory,
  command: Command<Options>,
  options: Options,
): Promise<Record<string, unknown>[]> {
  // The array that --json promises; what is in it is for the test to say.
  return JSON.parse(await paper(directory, command, { ...options, json: true })) as Record<string, unknown>[];
}

/** The sentence with which a look-up is refused, and its code and exit status. */
export async function refused<Options extends LookOptions>(
  directory: Directory,
  command: Command<Options>,
  options: Options,
): Promise<{ code: unknown; exit: unknown; message: string }> {
  try {
    await look(directory, command, options);
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'exit' in error) {
      return { code: error.code, exit: error.exit, message: error.message };
    }
    throw error;
  }
  throw new Error('it was not refused');
}

/** A small company: Dan was never active, Platform holds Core, and a group may not be read. */
export const COMPANY: Tenant = {
  users: {
    u1: { userName: 'ada', displayName: 'Ada Lovelace', email: 'ada@corp.example', department: 'Engineering' },
    u2: { userName: 'bob', displayName: 'Bob Ross', email: 'bob@corp.example', department: 'Sales' },
    u3: { userName: 'carol', displayName: 'Carol Shaw', email: 'carol@corp.example' },
    u4: { userName: 'dan', active: false },
    u5: { userName: 'Ève', displayName: 'Ève Żak' },
  },
  groups: {
    g1: { name: 'Platform', description: 'Runs what others build on', members: ['u1', 'u2', '@g2'] },
    g2: { name: 'Core', members: ['u3'] },
    g3: { name: 'Secret', members: null },
  },
};

/** The company over three days: on the second Bob changes and Carol moves, on the third Bob is disabled and Core goes. */
export async function company(): Promise<Directory> {
  const directory = new Directory();
  const { users, groups } = COMPANY;
  await directory.pass(COMPANY);
  await directory.clock.sleep(DAY);
  const second: Tenant = {
    users: { ...users, u2: { ...users.u2, department: 'Marketing', title: 'Painter' } },
    groups: {
      ...groups,
      g1: { ...groups?.g1, members: ['u1', 'u2', 'u3', '@g2'] },
      g2: { name: 'Core', members: ['u1'] },
    },
  };
  await directory.pass(second);
  await directory.clock.sleep(DAY);
  const { g2: _, ...left } = second.groups ?? {};
  await directory.pass({
    users: { ...second.users, u2: { ...second.users.u2, active: false } },
    groups: { ...left, g1: { ...left.g1, members: ['u1', 'u2', 'u3'] } },
  });
  await directory.clock.sleep(DAY);
  return directory;
}
