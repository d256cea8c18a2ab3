import type { Config } from '../config/load.ts';
import { createNotifier, type Notice, type Notifier, type NotifyOptions } from './notify.ts';

/** The notifier of the configuration in use, if that has one. */
export interface Notifying extends Notifier {
  /** Makes the notifier of a configuration; throws a Failure where it cannot be used. What comes back takes it into use. */
  prepare(config: Config): () => void;
}

/** How long what is on its way may take once another webhook is in use, in ms. */
const LAST = 10_000;

export function createNotifying(options: Omit<NotifyOptions, 'ca'>): Notifying {
  let current: { key: string; notifier: Notifier } | undefined;

  return {
    prepare: (config) => {
      const { notify } = config.service;
      const { ca } = config;
      // The webhook may stand in a file of its own, and that may hold another one now.
      const key = notify ? JSON.stringify([config.sha256, ca, notify.webhook.open()]) : '';
      if (key === (current?.key ?? '')) return () => {};
      const notifier = notify && createNotifier(notify, { ...options, ...(ca === undefined ? {} : { ca }) });
      return () => {
        void current?.notifier.close(LAST);
        current = notifier && { key, notifier };
      };
    },
    tell: async (notice: Notice) => (await current?.notifier.tell(notice)) ?? false,
    close: async (ms) => await current?.notifier.close(ms),
  };
}
