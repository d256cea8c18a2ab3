import { createTask, validateDetailed } from 'node-cron';
import type { Path } from './path.ts';

/** What is wrong with a cron pattern or a time zone of a file, and where. */
export interface ScheduleFault {
  path: Path;
  message: string;
}

/** Every schedule that a file has. */
export interface Schedules {
  timezone?: unknown;
  schedule?: unknown;
  backups?: unknown;
  sources?: unknown;
}

/** Looks at every schedule and the time zone. This file, alone of src/config, loads the library of cron. */
export function checkSchedules(value: Schedules): ScheduleFault[] {
  const faults: ScheduleFault[] = [];
  const look = (pattern: unknown, path: Path) => {
    const why = typeof pattern === 'string' ? faultIn(pattern) : undefined;
    if (why !== undefined) faults.push({ path, message: why });
  };
  look(value.schedule, ['schedule']);
  look(Object(value.backups).schedule, ['backups', 'schedule']);
  if (Array.isArray(value.sources))
    for (const [at, source] of value.sources.entries()) look(Object(source).schedule, ['sources', at, 'schedule']);
  const { timezone } = value;
  if (typeof timezone === 'string' && !isTimezone(timezone)) {
    const message = `there is no time zone \`${timezone}\`; expected a name such as \`Europe/Oslo\` or \`UTC\``;
    faults.push({ path: ['timezone'], message });
  }
  return faults;
}

/** What is wrong with a pattern, in a sentence; undefined where nothing is. */
function faultIn(pattern: string): string | undefined {
  const { valid, errors } = validateDetailed(pattern);
  const [first] = errors;
  if (!valid)
    return `\`${pattern}\` is no schedule${first ? ` (${first.field}: ${first.message})` : ''}; expected 5 or 6 fields of cron, such as \`*/15 * * * *\``;
  const task = createTask(pattern, () => undefined, { timezone: 'UTC' });
  try {
    return task.getNextRuns(1).length === 0 ? `\`${pattern}\` never comes` : undefined;
  } finally {
    void task.destroy();
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
