import { connectorTypes } from '../../connectors/registry.ts';
import { faultText } from '../config/fault.ts';
import { type Config, ConfigurationError, type Fault, loadConfig } from '../config/load.ts';
import type { Io } from './io.ts';
import type { Tested } from './rule-tests.ts';

export interface CheckOptions {
  config?: string;
  json?: boolean;
}

/**
 * Says whether the file is right and its rules do what its tests say, or everything that is wrong with it. Opens no
 * secret and asks no source. Gives the exit status: 0 or 2.
 */
export async function check(options: CheckOptions, io: Io): Promise<number> {
  try {
    const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
    const tested = await tests(config);
    if (options.json) io.out.write(json(result(config, tested)));
    else io.out.write(tested.failed > 0 ? failedText(config, tested) : `${config.file}: ok, ${counts(config)}\n`);
    return tested.failed > 0 ? 2 : 0;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    io.out.write(options.json ? json(refused(error)) : `${error.message}\n`);
    return error.exit;
  }
}

const NONE: Tested = { tests: 0, failed: 0, faults: [] };

/** Tries the tests of the rules; loads nothing for a file without. */
export async function tests(config: Config): Promise<Tested> {
  return config.tests.length === 0 ? NONE : (await import('./rule-tests.ts')).testRules(config);
}

/** Every way in which a test failed, and how many did. */
export function failedText({ file }: Config, { tests, failed, faults }: Tested): string {
  const sum = tests === 1 ? 'the test failed' : `${failed} of ${tests} tests failed`;
  return `${[...faults.map(faultText), `${file}: ${sum}`].join('\n')}\n`;
}

function counts({ sources, tests }: Config): string {
  const count = (of: readonly unknown[], what: string) => `${of.length} ${what}${of.length === 1 ? '' : 's'}`;
  return [count(sources, 'source'), ...(tests.length === 0 ? [] : [count(tests, 'test')])].join(', ');
}

function result({ file, sources }: Config, { tests, failed, faults }: Tested): object {
  return { file, ok: failed === 0, sources: sources.length, tests, faults: plain(faults) };
}

function refused({ faults }: ConfigurationError): object {
  return { file: faults[0]?.file, ok: false, sources: null, tests: null, faults: plain(faults) };
}

const plain = (faults: readonly Fault[]): object[] => faults.map(({ excerpt: _, ...fault }) => fault);
const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
