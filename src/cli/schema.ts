import { connectorTypes } from '../../connectors/registry.ts';
import { jsonSchema } from '../config/json-schema.ts';
import type { Io } from './io.ts';

/** Prints the JSON Schema of the configuration file, for editors. It is JSON with or without `--json`. */
export async function schema(_options: { json?: boolean }, io: Io): Promise<number> {
  io.out.write(`${JSON.stringify(jsonSchema(connectorTypes), null, 2)}\n`);
  return 0;
}
