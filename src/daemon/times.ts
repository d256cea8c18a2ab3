import { createTask, parse } from 'node-cron';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** The rarest pattern that comes, a 29 February on a certain weekday, comes every 28 years, or 40 about the year 2100. */
const FURTHEST = 41 * 366 * 24 * HOUR;

type Fields = readonly (string | number)[];
const EVERY: Fields = ['*'];

/**
 * The first time of a cron pattern after another one, in ms since 1970; null where there is none. The library says which
 * times match, and leaves out what its own next time would lose when a clock is set back: the hour that comes twice.
 * A time in the hour that a clock skips in spring does not come on that day. In the hour that it repeats in autumn a
 * pattern comes both times, but one that knows a single hour of the day, as of a night, only the second time.
 */
export function timesOf(pattern: string, timezone: string): (after: number) => number | null {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parse(pattern);
  const match = (...fields: Fields[]) => {
    const task = createTask(fields.map((field) => field.join(',')).join(' '), () => undefined, { timezone });
    return (at: number) => task.match(new Date(at));
  };
  const day = [dayOfMonth, month, dayOfWeek];
  // In 20 hours there are two days at most: where neither end of them matches, nothing between does. So for hours, minutes.
  const strides = [
    { span: 20 * HOUR, matches: match(EVERY, EVERY, EVERY, ...day) },
    { span: 30 * MINUTE, matches: match(EVERY, EVERY, hour, ...day) },
    { span: 59 * SECOND, matches: match(EVERY, minute, hour, ...day) },
  ];
  const matches = match(second, minute, hour, ...day);
  const clock = new Intl.DateTimeFormat('en', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
  const comesAgain = (at: number) =>
    // Lord Howe Island sets its clocks back by half an hour.
    [HOUR, HOUR / 2].some((later) => clock.format(at + later) === clock.format(at));
  const isDue = (at: number) => matches(at) && !(hour.length === 1 && comesAgain(at));

  return (after) => {
    for (let at = (Math.floor(after / SECOND) + 1) * SECOND; at < after + FURTHEST; ) {
      const empty = strides.find(({ span, matches }) => !matches(at) && !matches(at + span));
      if (empty) at += empty.span;
      else if (isDue(at)) return at;
      else at += SECOND;
    }
    return null;
  };
}
