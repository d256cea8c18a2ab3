import { type Command, InvalidArgumentError, Option } from 'commander';
import { company } from './company.ts';
import { faultOf } from './fault-flag.ts';
import type { Faults } from './faults.ts';
import type { Organisation } from './organisation.ts';
import { organisation } from './people.ts';

/** What every emulator's command takes. */
export interface CommonFlags {
  company?: true;
  users: number;
  groups: number;
  memberships?: number;
  depth: number;
  disabled: number;
  seed: string;
  port: number;
  latency: number;
  jitter: number;
  errors: number;
  fault: string[];
}

export function addCommonFlags(command: Command): Command {
  const flag = (flags: string, description: string, least: number, most: number, value?: number) =>
    command.addOption(new Option(flags, description).default(value).argParser(within(least, most)));
  command.option('--company', 'the invented company of 60 people instead of generated ones');
  flag('--users <n>', 'how many people', 0, 1_000_000, 1000);
  flag('--groups <n>', 'how many groups', 0, 100_000, 50);
  flag('--memberships <n>', 'direct members of all groups together (default: ten times the people)', 0, 10_000_000);
  flag('--depth <n>', 'how deep groups stand in one another; 1 is none in another', 1, 50, 4);
  flag('--disabled <percent>', 'how many people are disabled', 0, 100, 3);
  command.option('--seed <text>', 'the same seed gives the same people, groups and ids', '1');
  flag('--port <n>', 'where to listen on 127.0.0.1; 0 is any free port', 0, 65_535, 0);
  flag('--latency <ms>', 'wait before each answer', 0, 600_000, 0);
  flag('--jitter <ms>', 'up to so much more, at random', 0, 600_000, 0);
  flag('--errors <percent>', 'how many requests get 429, 500, 502, 503 or a reset instead', 0, 100, 0);
  return command.option(
    '--fault <what>',
    'misbehave at one request, such as "status=503 path=members nth=3 retry-after=5"; may be repeated (default: none)',
    (value, before: string[]) => [...before, value],
    [],
  );
}

export function organisationOf(flags: CommonFlags): Organisation {
  if (flags.company) return company;
  const { users: people, groups, memberships, depth, seed } = flags;
  const size = { people, groups, depth, seed, disabled: flags.disabled / 100 };
  return organisation(memberships === undefined ? size : { ...size, memberships });
}

/** @throws Error with a sentence for the person at the command line, when a `--fault` cannot be read */
export function setFaults(faults: Faults, flags: CommonFlags, more: Parameters<typeof faultOf>[1]): void {
  Object.assign(faults.conditions, {
    latencyMs: flags.latency,
    jitterMs: flags.jitter,
    errorRate: flags.errors / 100,
  });
  for (const flag of flags.fault) {
    const { which, behaviour } = faultOf(flag, more);
    faults.when(which, behaviour);
  }
}

export function within(least: number, most: number): (value: string) => number {
  return (value) => {
    const read = Number(value);
    if (value.trim() === '' || !(read >= least && read <= most)) {
      throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
    }
    return read;
  };
}
