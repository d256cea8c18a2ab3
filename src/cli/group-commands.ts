import type { Command } from 'commander';
import type { Lent } from './user-commands.ts';

const GROUP = 'name, id or external id';
const PERSON = 'user name, id, external id or mail address';

/** Declares `rosterd group …`. */
export function groupCommands(root: Command, { io, acting, options, end }: Lent): void {
  const group = root.command('group').description('local groups, made and filled by hand').helpCommand(false);
  const add = (name: string, description: string) =>
    acting(group.command(name).description(description)).option(
      '--reason <text>',
      'why, for the journal (default: none)',
    );

  add('add', 'make a local group')
    .argument('<name>', 'its name')
    .option('--description <text>', 'what it is for (default: none)')
    .action(async (name: string, _, command: Command) => {
      end(await (await import('./group-edit.ts')).groupAdd(name, options(command), io));
    });
  add('rename', 'give a local group another name')
    .argument('<group>', GROUP)
    .argument('<name>', 'the name that it gets')
    .action(async (which: string, name: string, _, command: Command) => {
      end(await (await import('./group-edit.ts')).groupRename(which, name, options(command), io));
    });
  add('delete', 'remove a local group, with its memberships')
    .argument('<group>', GROUP)
    .action(async (which: string, _, command: Command) => {
      end(await (await import('./group-edit.ts')).groupDelete(which, options(command), io));
    });
  add('add-member', 'put people into a local group')
    .argument('<group>', GROUP)
    .argument('<people...>', PERSON)
    .action(async (which: string, people: string[], _, command: Command) => {
      end(await (await import('./group-edit.ts')).groupAddMember(which, people, options(command), io));
    });
  add('remove-member', 'take people out of a local group')
    .argument('<group>', GROUP)
    .argument('<people...>', PERSON)
    .action(async (which: string, people: string[], _, command: Command) => {
      end(await (await import('./group-edit.ts')).groupRemoveMember(which, people, options(command), io));
    });
}
