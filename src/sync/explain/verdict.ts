import type { Value } from '../../expressions/rule.ts';
import type { ExplainedMirror, ExplainedRule, Explanation } from './explained.ts';

interface Case {
  state: ExplainedMirror['state'];
  where: ExplainedRule | undefined;
  directory: Explanation['directory'];
}

/** One sentence on a user, in the order in which the stages decide: gone, disabled, filtered. */
export function userVerdict({ state, active, where, directory }: Case & { active: boolean | null }): string {
  const inactive = directory === null ? null : directory.inactive_reason;
  if (inactive === 'suspended' || inactive === 'manual') {
    return `Held inactive by hand, whatever the identity provider says (${inactive}).`;
  }
  const gone = goneSentence(state, 'account');
  if (gone !== null) return gone;
  if (active === false) {
    return directory === null
      ? 'Inactive: the identity provider says that the user is disabled, and a disabled user gets no account.'
      : 'Inactive: the identity provider says that the user is disabled.';
  }
  const scope = scopeSentence(where);
  if (scope !== null) return directory?.active === 1 && where?.value === false ? `${scope} ${UNTIL}` : scope;
  if (active === null)
    return 'Nobody can tell: the identity provider did not say whether the user is active; the last known state stays.';
  if (directory === null)
    return 'In scope, but there is no account yet: the next pass makes one, unless a problem below says why not.';
  return directory.active === 1
    ? `In scope and active${where ? `: ${because(where)}` : ''}.`
    : 'In scope, yet not active: the next pass brings the account back, unless a problem or a blocked plan below says why not.';
}

/** The same of a group. */
export function groupVerdict({ state, where, directory }: Case): string {
  const gone = goneSentence(state, 'group');
  if (gone !== null) return gone;
  const scope = scopeSentence(where);
  if (scope !== null) return scope;
  if (directory === null)
    return 'In scope, but the directory does not show it: the next pass makes it, unless a problem below says why not.';
  return `In scope${where ? `: ${because(where)}` : ''}.`;
}

const UNTIL = 'The account is active until a pass applies that.';

function goneSentence(state: ExplainedMirror['state'], object: string): string | null {
  if (state === 'absent')
    return `Gone: the identity provider does not have it any more, and a look-up by id confirmed that.`;
  if (state === 'missing') {
    return `Missing: the last listing left it out, together with so many others that nobody was looked up yet; the ${object} stays as it is until the plan is approved or the listing is whole again.`;
  }
  if (state === 'unknown') {
    return `Nobody can tell: the last listing left it out, and the look-up by id gave no clear answer; the ${object} stays as it is, and the next pass looks again.`;
  }
  return null;
}

function scopeSentence(where: ExplainedRule | undefined): string | null {
  if (!where) return null;
  if (where.failure !== null)
    return `Nobody can tell: \`${where.rule}\` gives no answer: ${where.failure}${where.failure.endsWith('?') ? '' : '.'} It stays as it is.`;
  return where.value === false ? `Out of scope: ${because(where)}.` : null;
}

/** `users.where` is false because user.userType is Guest. */
function because({ rule, value, decided }: ExplainedRule): string {
  const reads = decided.reads.map((read) => `${read.text} is ${shown(read.value)}`);
  const part = reads.length === 0 ? `\`${decided.text}\`` : reads.join(' and ');
  return `\`${rule}\` is ${String(value)} because ${part}${reads.length === 0 ? ' decides' : ''}`;
}

function shown(value: Value): string {
  if (value === null) return 'not there';
  const text = typeof value === 'string' ? `\`${value}\`` : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
