import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, ConfigurationError, parseConfig } from '../../src/config/load.ts';
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
  paused: false,
  limits: DEFAULT_LIMITS,
} as const;

export interface Given {
  env?: Record<string, string>;
  folder?: string;
  secrets?: 'leave' | 'open';
  types?: SourceTypes;
}

export function parse(text: string, given: Given = {}): Config {
  const file = { file: 'config.yaml', path: '/etc/rosterd/config.yaml', folder: given.folder ?? '/etc/rosterd' };
  return parseConfig(
    { ...file, text, sha256: '' },
    { types: given.types ?? connectorTypes, io: { env: given.env ?? {} }, secrets: given.secrets ?? 'leave' },
  );
}

/** The error that a text gives; it is an error of the test if it gives none. */
export function refusal(text: string, given: Given = {}): ConfigurationError {
  try {
    parse(text, given);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}
