import { Secret } from '../model/secret.ts';
import type { Config } from './config.ts';
import { ConfigurationError, type Fault } from './fault.ts';
import { checkConfig, type ParseOptions } from './parse.ts';
import { readConfigText, type Surroundings } from './text.ts';

export type { Config, LocalGroupConfig, SourceConfig, TestCase } from './config.ts';
export { ConfigurationError, type Fault } from './fault.ts';
export { checkConfig, parseConfig } from './parse.ts';
export type { SourceTypes } from './schema.ts';
export type { ConfigText, Surroundings } from './text.ts';

export interface LoadOptions extends ParseOptions {
  io: Surroundings;
}

/**
 * Reads the file at `path`, else at ROSTERD_CONFIG, else ./config.yaml; `-` is standard input. Throws a
 * ConfigurationError that holds every fault of the file.
 */
export async function loadConfig(path: string | undefined, options: LoadOptions): Promise<Config> {
  return checkConfig(await readConfigText(path, options.io), options);
}

/**
 * Reads every secret of the sources of these names, of all where none are given, and keeps none. Throws a
 * ConfigurationError with the line of each reference that cannot be read.
 */
export function openSecrets(config: Config, names?: readonly string[]): void {
  const faults: Fault[] = [];
  for (const source of config.sources) {
    if (names && !names.includes(source.name)) continue;
    for (const secret of secretsIn(source.own)) {
      try {
        secret.open();
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        faults.push(...error.faults);
      }
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
}

function* secretsIn(value: unknown): Generator<Secret> {
  if (value instanceof Secret) yield value;
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) yield* secretsIn(item);
}
