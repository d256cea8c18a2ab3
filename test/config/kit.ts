import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, ConfigurationError, checkConfig, parseConfig } from '../../src/config/load.ts';
import type { SourceTypes } from '../../src/config/schema.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';

/** A folder with files; deleted at the end of the block that holds it. */
export function folder(files: Record<string, string | Uint8Array> = {}): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'rosterd-config-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

export const around = (cwd: string, env: Record<string, string> = {}, input: Iterable<unknown> = []) => ({
  cwd,
  env,
  in: Readable.from(input),
});

/** A source without fault. */
export const SOURCE = `sources:
  - name: corp
    type: keycloak
    url: https://id.example.com
    realm: corp
    clientId: rosterd
    clientSecret: hunter2
`;

/** What a source has where the file says nothing of it. */
export const LEFT_OUT = {
  nestedGroups: 'flatten',
  onMissing: 'deactivate',
  confirmMissing: true,
  deleteAfter: null,
  fullEvery: 86_400_000,
  paused: false,
  schedule: '*/15 * * * *',
  limits: DEFAULT_LIMITS,
} as const;

export interface Given {
  env?: Record<string, string>;
  folder?: string;
  secrets?: 'leave' | 'open';
  types?: SourceTypes;
}

export function parse(text: string, given: Given = {}): Config {
  return parseConfig(fileOf(text, given), optionsOf(given));
}

const fileOf = (text: string, { folder: at = '/etc/rosterd' }: Given) => ({
  ...{ file: 'config.yaml', path: '/etc/rosterd/config.yaml', folder: at, text, sha256: '' },
});

const optionsOf = ({ types, env, secrets }: Given) => ({
  ...{ types: types ?? connectorTypes, io: { env: env ?? {} }, secrets: secrets ?? ('leave' as const) },
});

/** The same with its expressions checked. */
export function check(text: string, given: Given = {}): Promise<Config> {
  return checkConfig(fileOf(text, given), optionsOf(given));
}

/** The error that a checked text gives; it is an error of the test if it gives none. */
export async function refused(text: string, given: Given = {}): Promise<ConfigurationError> {
  const error: unknown = await check(text, given).catch((thrown: unknown) => thrown);
  if (error instanceof ConfigurationError) return error;
  throw error instanceof Error ? error : new Error('the configuration was accepted');
}

/** The error that a text gives, whatever its expressions; it is an error of the test if it gives none. */
export function refusal(text: string, given: Given = {}): ConfigurationError {
  try {
    parse(text, given);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}
