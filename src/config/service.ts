import { z } from 'zod';
import { parseDuration } from '../model/duration.ts';
import { Secret } from '../model/secret.ts';

/** A time as the file has it, in milliseconds. */
const time = (least: number, most: number, text: string) =>
  z
    .string({ error: text })
    .meta({ pattern: String.raw`^\d{1,9}(ms|s|m|h|d)$` })
    .transform((written, context): number => {
      const ms = parseDuration(written) ?? -1;
      if (ms < least || ms > most) context.addIssue({ code: 'custom', message: text });
      return ms;
    });

/** A cron pattern; whether it means anything is for check-schedules.ts, where its library is loaded. */
export const schedule = z.string().min(1);

const LISTEN = 'expected an address and a port, such as `127.0.0.1:8080`, or `0.0.0.0:8080` for every address';
const listen = z
  .string()
  .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+)?:\d{1,5}$/, { error: LISTEN, abort: true })
  .refine((written) => inPorts(Number(written.slice(written.lastIndexOf(':') + 1))), {
    error: 'expected a port from 1 to 65535, such as `127.0.0.1:8080`',
  });
const inPorts = (port: number): boolean => port >= 1 && port <= 65_535;

/** The keys of the daemon: when it works, how it is looked at and whom it tells. */
export const service = {
  schedule: schedule
    .default('*/15 * * * *')
    .describe('When every source is synced, unless it has its own: cron, 5 or 6 fields'),
  timezone: z.string().min(1).default('UTC').describe('Of schedules, such as Europe/Oslo'),
  runOnStart: z.boolean().default(true).describe('Whether the daemon syncs every source when it starts'),
  shutdownTimeout: time(0, 3_600_000, 'expected a time from `0s` to `1h`, such as `25s`')
    .prefault('25s')
    .describe('How long a pass that is being applied, or a backup, may take when the daemon is told to stop'),
  reload: z
    .enum(['signal', 'onChange'])
    .default('signal')
    .describe('signal: the file is read again on SIGHUP; onChange: also when it changes'),
  http: z
    .strictObject({
      listen: listen.describe('Where health and metrics are served, such as 127.0.0.1:8080'),
      token: z.instanceof(Secret).optional().describe('What POST /sync/NAME must bring; without it nobody may'),
    })
    .optional()
    .describe('Health, metrics and status over HTTP; leave it out for none'),
  notify: z
    .strictObject({
      webhook: z.instanceof(Secret).describe('Where to POST what an operator should know; https'),
      secret: z.instanceof(Secret).optional().describe('Signs what is sent, by HMAC with SHA-256'),
      format: z.enum(['json', 'slack']).default('json').describe('json, or slack: the shape of its incoming webhooks'),
      failures: z
        .int()
        .min(1)
        .max(1000)
        .default(3)
        .describe('After how many failed passes in a row of a source to tell of it'),
    })
    .optional()
    .describe('Tells of blocked plans, failing sources, refused reloads and credentials that expire'),
  backups: z
    .strictObject({
      dir: z.string().min(1).describe('The folder for copies of the directory'),
      keep: z.int().min(1).max(10_000).default(7).describe('How many copies are kept'),
      schedule: schedule.default('0 3 * * *').describe('When a copy is made: cron'),
    })
    .optional()
    .describe('Copies of the directory, on schedule'),
};

type Service = z.infer<z.ZodObject<typeof service>>;

/** The daemon's part of a configuration. */
export type ServiceConfig = Pick<Service, 'timezone' | 'runOnStart' | 'shutdownTimeout' | 'reload'> & {
  http?: NonNullable<Service['http']>;
  notify?: NonNullable<Service['notify']>;
  backups?: NonNullable<Service['backups']>;
};

export function serviceConfig(data: Service): ServiceConfig {
  const { timezone, runOnStart, shutdownTimeout, reload, http, notify, backups } = data;
  return {
    ...{ timezone, runOnStart, shutdownTimeout, reload },
    ...(http ? { http } : {}),
    ...(notify ? { notify } : {}),
    ...(backups ? { backups } : {}),
  };
}
