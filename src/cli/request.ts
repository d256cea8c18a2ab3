import type { Config } from '../config/load.ts';
import { version } from '../daemon/version.ts';
import type { PassRequest } from '../model/pass.ts';

/** What a command asks of a pass. */
export interface Asking {
  read: PassRequest['read'];
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
  const { own: _, paused: __, ...settings } = source;
  return { ...common(config, asking), ...where, source: settings, mode: 'full', trigger: 'once' };
}

function common(config: Config, { read, actor, wait }: Asking) {
  const sources = config.sources.map(({ name }) => name);
  return { sources, read, actor, wait, configSha256: config.sha256, version: version() };
}
