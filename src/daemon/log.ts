import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/** How the configuration wants logs. */
export interface LogOptions {
  level: string;
  format: 'auto' | 'pretty' | 'json';
}

/**
 * Logs to standard error, line by line as they happen, so that none is lost when the process ends: JSON for collectors,
 * or readable on a terminal.
 */
export function createLog({ level, format }: LogOptions, isTerminal: boolean): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (format === 'json' || (format === 'auto' && !isTerminal))
    return pino(options, pino.destination({ fd: 2, sync: true }));
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize: isTerminal,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
  return pino(options, stream);
}
