import type { BlockedPlan } from '../model/pass.ts';
import { count, printable, thousands } from './text.ts';

/** The one screen about a plan that a limit stopped: what it takes away, which key sets the limit, why, what to type. */
export function* blockedReport(source: string, blocked: BlockedPlan, dry: boolean): Generator<string> {
  const { id, again, limits, causes, removals, disabled } = blocked;
  yield `  Stopped by a limit: plan ${id}${again ? ', as in the pass before' : ''}. Nobody was removed.`;
  for (const limit of limits) yield `    limit   ${printable(limit)}`;
  for (const cause of causes) yield `    cause   ${printable(cause)}`;
  for (const { what, count: figure, examples } of removals) {
    const more = figure - examples.length;
    const names = examples.map((name) => printable(name ?? '')).join(', ');
    yield `    removes ${thousands(figure)} ${what}: ${names}${more > 0 ? ` and ${count(more, 'more', 'more')}` : ''}`;
  }
  if (disabled > 0) {
    yield `    ${count(disabled, 'account')} that the identity provider says ${disabled === 1 ? 'is' : 'are'} disabled ${dry ? 'would be' : disabled === 1 ? 'was' : 'were'} deactivated all the same.`;
  }
  yield `  If this is right:  rosterd approve ${id} --reason "..."`;
  yield `  To look at it:     rosterd plan --offline --source ${source} --all`;
  yield '  If it is wrong, mend it at the identity provider or in the configuration: the next pass goes on by itself.';
}
