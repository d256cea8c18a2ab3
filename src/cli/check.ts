import { connectorTypes } from '../../connectors/registry.ts';
import { ConfigurationError, loadConfig } from '../config/load.ts';
import type { Io } from './io.ts';

export interface CheckOptions {
  config?: string;
  json?: boolean;
}

/** Says whether the file is right, or everything that is wrong with it. Opens no secret. Gives the exit status: 0 or 2. */
export async function check(options: CheckOptions, io: Io): Promise<number> {
  try {
    const { file, sources } = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
    const count = sources.length === 1 ? '1 source' : `${sources.length} sources`;
    io.out.write(
      options.json ? json({ file, ok: true, sources: sources.length, faults: [] }) : `${file}: ok, ${count}\n`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    io.out.write(options.json ? json(refused(error)) : `${error.message}\n`);
    return error.exit;
  }
}

function refused({ faults }: ConfigurationError): object {
  return { file: faults[0]?.file, ok: false, sources: null, faults: faults.map(({ excerpt: _, ...fault }) => fault) };
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
