import type { Limits } from '../model/limits.ts';
import type { SourceRules, Tables } from '../model/rules.ts';
import type { Secret } from '../model/secret.ts';
import type { Extra, StandardAttribute } from '../model/user.ts';
import type { LOG_FORMATS, LOG_LEVELS } from './schema.ts';
import type { ServiceConfig } from './service.ts';

/** A configuration file, checked, with every default filled in. */
export interface Config {
  /** The file as the operator named it, for messages; `<stdin>` for standard input. */
  file: string;
  /** The file, absolute; `-` for standard input. */
  path: string;
  /** Where relative paths of the file start. */
  folder: string;
  /** What the file holds, for whoever must parse it again elsewhere. A secret, since credentials may stand in it. */
  text: Secret;
  /** Of the file's bytes, in hexadecimal. */
  sha256: string;
  /** The SQLite file, absolute. */
  directory: string;
  log: { level: (typeof LOG_LEVELS)[number]; format: (typeof LOG_FORMATS)[number] };
  /** The contents of `caFile`, PEM. */
  ca?: string;
  /** What only the daemon looks at. */
  service: ServiceConfig;
  /** In order of precedence; at least one. */
  sources: SourceConfig[];
  /** The attributes of accounts beside the standard ones. */
  customAttributes: string[];
  localGroups: LocalGroupConfig[];
  /** What stops an edited rule of a local group. */
  localLimits: Pick<Limits, 'removeMembers'>;
  tables: Tables;
  /** What the rules must do; `rosterd check` tries it. */
  tests: TestCase[];
}

/** A group of the directory's own, with the rule that says which accounts are in it. */
export interface LocalGroupConfig {
  name: string;
  description: string | null;
  /** An expression over the accounts of all sources. */
  members: string;
}

/** A user or a group of a source, and what its rules must make of it. */
export interface TestCase {
  name: string;
  source: string;
  of: TestUser | TestGroup;
  /** The attributes that must come out; null: it is left out. */
  expect: Readonly<Record<string, Extra>> | null;
}

export interface TestUser {
  is: 'user';
  id: string;
  active: boolean;
  attributes: Readonly<Record<StandardAttribute, string | null>>;
  extra: Readonly<Record<string, Extra>>;
  /** Names or ids of the groups that the user is in. */
  groups: readonly string[];
}

export interface TestGroup {
  is: 'group';
  id: string;
  name: string;
  description: string | null;
  type: string | null;
  email: string | null;
  extra: Readonly<Record<string, Extra>>;
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
  /** When the daemon syncs it: cron. */
  schedule: string;
  /** Nothing is read of it, and nothing changed, until further notice. */
  paused: boolean;
  /** Milliseconds from one full listing to the next. */
  fullEvery: number;
  /** With the defaults for the keys that the file leaves out. */
  limits: Limits;
  /** Filters and transformations; left out where there are none. */
  rules?: SourceRules;
  /** What its connector's schema gave. */
  own: unknown;
}
