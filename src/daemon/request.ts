import type { Config } from '../config/load.ts';
import { DEFAULT_LIMITS } from '../model/limits.ts';
import type { LocalRequest } from '../model/local.ts';
import type { PassRequest } from '../model/pass.ts';
import type { Trigger } from '../model/words.ts';
import { version } from './version.ts';

/** What a command asks of a pass. */
export interface Asking {
  /** What brings it about; a command, unless said otherwise. */
  trigger?: Trigger;
  read: PassRequest['read'];
  /** Everything is listed, although only changes are due. */
  full?: boolean;
  actor: string;
  /** Milliseconds. */
  wait: number;
}

/** The request for a pass of one source of the configuration. */
export function passRequest(
  config: Config,
  name: string,
  asking: Asking,
  where: Pick<PassRequest, 'commit' | 'directory'>,
): PassRequest {
  const source = config.sources.find((one) => one.name === name);
  if (!source) throw new Error(`no source ${name} in the configuration`);
  const { own: _, paused: __, schedule: ___, ...settings } = source;
  return { ...common(config, asking), ...where, source: settings, mode: 'full', trigger: asking.trigger ?? 'once' };
}

/** A source of the directory that the configuration no longer names, and what is to become of it. */
export interface Removal {
  name: string;
  type: string;
  /** Whether its accounts are deleted, or only deactivated. */
  deletion: boolean;
  reason: string | null;
}

/** The request for the pass that removes a source: nothing is read, and nothing is wanted. */
export function removalRequest(config: Config, removal: Removal, who: Omit<Asking, 'read'>): PassRequest {
  const { name, type, deletion, reason } = removal;
  return {
    ...common(config, { read: 'none', ...who }),
    ...{ commit: true, directory: config.directory, mode: 'hand', trigger: 'hand', removal: { reason } },
    source: {
      ...{ name, type, nestedGroups: 'flatten', confirmMissing: true, deleteAfter: null },
      onMissing: deletion ? 'delete' : 'deactivate',
      // The file says nothing of it any more.
      limits: DEFAULT_LIMITS,
    },
  };
}

/** The request for a run of the rules of local groups, as the file has them. */
export function localRequest(
  config: Config,
  { actor, wait, trigger = 'once' }: Omit<Asking, 'read'>,
  where: Pick<LocalRequest, 'commit' | 'directory'>,
): LocalRequest {
  const { localGroups, localLimits, tables, customAttributes, sha256 } = config;
  const what = { groups: localGroups, tables, customAttributes, limits: localLimits };
  const how = { mode: 'rules', trigger, actor, wait, configSha256: sha256, version: version() } as const;
  return { ...what, ...where, ...how };
}

function common(config: Config, { read, full, actor, wait }: Asking) {
  const sources = config.sources.map(({ name }) => name);
  return { sources, read, ...(full && { full }), actor, wait, configSha256: config.sha256, version: version() };
}
