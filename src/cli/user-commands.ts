import type { Command } from 'commander';
import { STANDARD_ATTRIBUTES, type StandardAttribute } from '../model/user.ts';
import type { Io } from './io.ts';
import type { HandOptions } from './user-hand.ts';

/** What program.ts lends to the commands that edit the directory by hand. */
export interface Lent {
  io: Io;
  /** Adds the options of what is journalled, and those of every command. */
  acting(command: Command): Command;
  /** Every option of a command, `wait` included. */
  options(command: Command): HandOptions;
  end(status: number): void;
}

const PERSON = 'user name, id, external id or mail address';
const WHY = ['--reason <text>', 'why, for the journal (default: none)'] as const;

/** What stands behind the flag of an attribute. */
const HELP: Readonly<Record<Exclude<StandardAttribute, 'userName'>, readonly [value: string, help: string]>> = {
  email: ['address', 'mail address'],
  displayName: ['text', 'the name that people see'],
  givenName: ['text', 'first name'],
  familyName: ['text', 'last name'],
  title: ['text', 'job title'],
  department: ['text', 'department'],
  organization: ['text', 'organization'],
  employeeNumber: ['text', 'employee number'],
  userType: ['text', 'kind of user'],
  manager: ['person', `the manager: ${PERSON}`],
  phoneNumber: ['text', 'phone number'],
  locale: ['text', 'language, such as en or de-CH'],
};

/** Declares `rosterd user …`. */
export function userCommands(root: Command, { io, acting, options, end }: Lent): void {
  const user = root
    .command('user')
    .description('accounts by hand: local ones, and what a person decides about synced ones')
    .helpCommand(false);
  const add = (name: string, description: string) => acting(user.command(name).description(description)).option(...WHY);
  const person = (name: string, description: string) => add(name, description).argument('<person>', PERSON);

  attributes(
    add('add', 'make a local account, which no sync ever touches').argument('<username>', 'its user name'),
    'none',
  ).action(async (name: string, _, command: Command) => {
    end(await (await import('./user-edit.ts')).userAdd(name, options(command), io));
  });
  attributes(person('update', 'edit a local account; an empty text takes a value away'), 'unchanged')
    .option('--user-name <name>', 'another user name (default: unchanged)')
    .option('--active', 'bring back an account that was deactivated by hand (default: off)')
    .action(async (who: string, _, command: Command) => {
      end(await (await import('./user-edit.ts')).userUpdate(who, options(command), io));
    });
  person('deactivate', 'deactivate a local account').action(async (who: string, _, command: Command) => {
    end(await (await import('./user-edit.ts')).userDeactivate(who, options(command), io));
  });
  person('delete', 'delete a local account for good').action(async (who: string, _, command: Command) => {
    end(await (await import('./user-edit.ts')).userDelete(who, options(command), io));
  });
  person('suspend', 'hold an account inactive, whatever its source says; --reason is required').action(
    async (who: string, _, command: Command) => {
      end(await (await import('./user-edit.ts')).userSuspend(who, options(command), io));
    },
  );
  person('unsuspend', 'end a suspension: the account becomes what its source says').action(
    async (who: string, _, command: Command) => {
      end(await (await import('./user-edit.ts')).userUnsuspend(who, options(command), io));
    },
  );
  person('relink', 'the same person under a new id: tie the account to another user of its source')
    .requiredOption('--to <id>', "the new user's id at the source")
    .option('--source <name>', "the source of the new user (default: the account's)")
    .action(async (who: string, _, command: Command) => {
      // `--to` is required, so it is there.
      const given = options(command) as HandOptions & { to: string };
      end(await (await import('./user-edit.ts')).userRelink(who, given, io));
    });
  person('release-name', 'make an account that is not active let go of its user name').action(
    async (who: string, _, command: Command) => {
      end(await (await import('./user-edit.ts')).userReleaseName(who, options(command), io));
    },
  );
}

/** @param otherwise what an attribute is that is not given */
function attributes(command: Command, otherwise: 'none' | 'unchanged'): Command {
  for (const name of STANDARD_ATTRIBUTES) {
    if (name === 'userName') continue;
    const [value, help] = HELP[name];
    command.option(
      `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <${value}>`,
      `${help} (default: ${otherwise})`,
    );
  }
  return command;
}
