import { createHmac } from 'node:crypto';
import { Refused } from '../../connectors/http/errors.ts';
import { send } from '../../connectors/http/fetch.ts';
import { openHttp } from '../../connectors/http/http.ts';
import type { ServiceConfig } from '../config/service.ts';
import type { Clock } from '../model/clock.ts';
import { Failure } from '../model/failure.ts';

/** What an operator is told of. */
export type Event = 'blocked' | 'failing' | 'recovered' | 'reload-refused' | 'credential-expiring';

export interface Notice {
  event: Event;
  /** Null where it concerns no single source. */
  source: string | null;
  /** A whole sentence, without a secret. */
  message: string;
  /** What to type now; null where nothing is to be typed. */
  command: string | null;
  /** What else programs want to know. */
  details?: Readonly<Record<string, string | number | null>>;
}

/** Tells somebody. */
export interface Notifier {
  /** Whether it arrived, in the end; never rejects, and no pass waits for it. */
  tell(notice: Notice): Promise<boolean>;
  /** Waits, at most `ms`, for what is on its way. */
  close(ms: number): Promise<void>;
}

export interface NotifyOptions {
  clock: Clock;
  env: Readonly<Record<string, string | undefined>>;
  ca?: string;
  version: string;
  log: { debug(fields: object, message: string): void; warn(fields: object, message: string): void };
  told(event: Event, result: 'sent' | 'failed'): void;
}

/** Tries of one notice. */
const TRIES = 5;
/** Notices that may wait at once; more of them would only say the same. */
const MOST = 100;

/** @throws Failure where the address cannot be used; its value is never repeated */
export function createNotifier(config: NonNullable<ServiceConfig['notify']>, options: NotifyOptions): Notifier {
  const { clock, log, version } = options;
  const url = addressOf(config.webhook.open());
  const http = openHttp({
    surroundings: {
      ...{ source: 'notify', clock, env: options.env, log },
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
    ...{ product: 'the webhook', url, setting: 'notify.webhook', attempts: TRIES, timeout: 30_000, concurrency: 1 },
  });
  const cancelling = new AbortController();
  const waiting = new Set<Promise<boolean>>();

  async function deliver(notice: Notice): Promise<boolean> {
    try {
      const body = JSON.stringify(config.format === 'slack' ? slack(notice) : json(notice, clock.now(), version));
      const signature = config.secret && createHmac('sha256', config.secret.open()).update(body).digest('hex');
      const headers = {
        'content-type': 'application/json',
        ...(signature ? { 'x-rosterd-signature': `sha256=${signature}` } : {}),
      };
      await http.run({ what: 'a notification' }, cancelling.signal, async (attempt) => {
        const { status, headers: answered, bytes } = await send(attempt, url, { method: 'POST', headers, body });
        if (status < 200 || status >= 300)
          throw new Refused({ status, headers: answered, body: new TextDecoder().decode(bytes) });
      });
      options.told(notice.event, 'sent');
      return true;
    } catch (error) {
      options.told(notice.event, 'failed');
      const why = (error instanceof Error ? error.message : String(error)).replace(/^Source "notify": /, '');
      log.warn({ event: notice.event }, `a notification could not be sent: ${why}`);
      return false;
    }
  }

  return {
    tell: async (notice) => {
      if (waiting.size >= MOST) {
        options.told(notice.event, 'failed');
        log.warn({ event: notice.event }, 'a notification was dropped: a hundred others are still waiting');
        return false;
      }
      const sending = deliver(notice).finally(() => waiting.delete(sending));
      waiting.add(sending);
      return await sending;
    },
    close: async (ms) => {
      const all = Promise.all(waiting);
      const patience = new AbortController();
      if (waiting.size > 0) await Promise.race([all, clock.sleep(ms, patience.signal).catch(() => undefined)]);
      patience.abort();
      cancelling.abort(new Error('the daemon ends'));
      await all;
      await http.close();
    },
  };
}

function addressOf(text: string): URL {
  const url = URL.parse(text.trim());
  const loopback = url !== null && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback))) return url;
  throw new Failure(
    'configuration',
    'The value of "notify.webhook" must be an https address; plain http is for loopback addresses only.',
    { exit: 2 },
  );
}

function json({ event, source, message, command, details }: Notice, now: number, version: string): object {
  return { event, source, message, command, at: new Date(now).toISOString(), version, ...(details ? { details } : {}) };
}

/** The shape of Slack's incoming webhooks (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
function slack({ source, message, command }: Notice): object {
  const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const head = source === null ? 'rosterd' : `rosterd, source ${source}`;
  const body = command === null ? escaped(message) : `${escaped(message)}\n\`${escaped(command)}\``;
  return { text: `*${escaped(head)}*: ${body}` };
}
