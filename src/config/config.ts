import type { Limits } from '../model/limits.ts';
import type { Secret } from '../model/secret.ts';
import type { LOG_FORMATS, LOG_LEVELS } from './schema.ts';

/** A configuration file, checked, with every default filled in. */
export interface Config {
  /** The file as the operator named it, for messages; `<stdin>` for standard input. */
  file: string;
  /** The file, absolute; `-` for standard input. */
  path: string;
  /** What the file holds, for whoever must parse it again elsewhere. A secret, since credentials may stand in it. */
  text: Secret;
  /** Of the file's bytes, in hexadecimal. */
  sha256: string;
  /** The SQLite file, absolute. */
  directory: string;
  log: { level: (typeof LOG_LEVELS)[number]; format: (typeof LOG_FORMATS)[number] };
  /** The contents of `caFile`, PEM. */
  ca?: string;
  /** In order of precedence; at least one. */
  sources: SourceConfig[];
}

export interface SourceConfig {
  name: string;
  type: string;
  nestedGroups: 'flatten' | 'direct';
  /** What becomes of an account whose user is gone or filtered. */
  onMissing: 'deactivate' | 'delete' | 'keep';
  /** False believes an absence without a look-up by id. */
  confirmMissing: boolean;
  /** Milliseconds after which an account that left is deleted; null: never. */
  deleteAfter: number | null;
  /** Nothing is read of it, and nothing changed, until further notice. */
  paused: boolean;
  /** With the defaults for the keys that the file leaves out. */
  limits: Limits;
  /** What its connector's schema gave. */
  own: unknown;
}
