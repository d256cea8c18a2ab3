import { LOCAL } from '../model/local.ts';
import type { BlockedPlan } from '../model/pass.ts';
import { count, printable, shortTime, thousands } from './text.ts';

/** How the plan came to be shown. */
export interface Asked {
  dry: boolean;
  /** Nothing was asked of the identity provider. */
  offline: boolean;
  /** What to type before a command, so that it reads the same configuration file. */
  rosterd: string;
}

/**
 * The one screen about a plan that a limit stopped, for somebody who was woken by it: what state things are in, which
 * limit it was, what probably lies behind it, what the plan would do, and what to type.
 */
export function* blockedReport(source: string, blocked: BlockedPlan, how: Asked): Generator<string> {
  const { dry } = how;
  const { limits, causes, removals, disabled } = blocked;
  yield `  ${state(source, blocked, dry)}`;
  for (const limit of limits) yield `    limit    ${printable(limit)}`;
  for (const cause of causes) yield `    likely   ${printable(cause)}`;
  for (const { what, count: figure, examples } of removals) {
    const more = figure - examples.length;
    const names = examples.map((name) => printable(name ?? '')).join(', ');
    yield `    plan     ${thousands(figure)} ${what}: ${names}${more > 0 ? ` and ${count(more, 'more', 'more')}` : ''}`;
  }
  if (disabled > 0) {
    const [are, done] = disabled === 1 ? ['is', 'was'] : ['are', 'were'];
    yield `    done     ${count(disabled, 'account')} that the identity provider says ${are} disabled ${dry ? 'would be' : done} deactivated all the same.`;
  }
  yield* whatToDo(source, blocked, how);
}

function state(source: string, { id, again, since }: BlockedPlan, dry: boolean): string {
  const meanwhile =
    source === LOCAL
      ? 'until then local groups follow the rules as they were.'
      : 'newcomers and every other change of this source wait with it.';
  const waiting = `since ${shortTime(since)} UTC; ${meanwhile}`;
  if (dry && again) return `Stopped by a limit: plan ${id} waits for a decision ${waiting}`;
  if (dry) return 'A pass would be stopped by a limit, and nothing of this would be done.';
  if (again) return `Stopped by a limit: plan ${id} still waits for a decision, ${waiting} Nothing of it was done.`;
  const done = source === LOCAL ? `Nothing of it was done; ${meanwhile}` : 'Nothing of it was done.';
  return `Stopped by a limit: plan ${id} waits for a decision. ${done}`;
}

function* whatToDo(source: string, { id, again, removal }: BlockedPlan, how: Asked): Generator<string> {
  const { rosterd } = how;
  const ahead = how.dry && !again;
  yield '  What to do:';
  yield removal
    ? `    look at all of it   ${rosterd} users --source ${source}`
    : `    look at all of it   ${rosterd} plan ${ahead && !how.offline ? '' : '--offline '}--source ${source} --all`;
  yield ahead
    ? '    if it is right      let a pass run: it is stopped, and gives the id of the plan to approve'
    : `    if it is right      ${rosterd} approve ${id} --reason "..."`;
  if (source === LOCAL)
    yield '    if it is wrong      mend the rule in the configuration; the next run goes on by itself';
  else
    yield removal
      ? '    if it is wrong      do nothing: nothing of the source changes until the plan is approved'
      : '    if it is wrong      mend it at the identity provider or in the configuration; the next pass goes on by itself';
}
