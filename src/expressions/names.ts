import { didYouMean } from '../model/near.ts';
import { LOOPS } from './loop-words.ts';
import { METHODS } from './methods.ts';

/** Everything that is written after what it is asked of, with a dot. */
export const METHOD_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(METHODS),
  ...['matches', 'regexReplace', 'memberOf'],
  ...Object.keys(LOOPS),
]);

/** Everything that is written before what it is asked of. */
export const FUNCTION_NAMES = ['coalesce', 'lookup', 'has', 'size', 'string', 'int', 'double', 'bool'] as const;

/** A sentence for a function or method that there is not. */
export function unknownCall(name: string, method: boolean): string {
  const functions: readonly string[] = FUNCTION_NAMES;
  if (method && name === 'memberOf') return 'only a user is a member: `user.memberOf("name or id")`';
  if (!method && METHOD_NAMES.has(name)) return `\`${name}\` is written after what it is asked of: \`x.${name}(…)\``;
  if (method && functions.includes(name)) return `\`${name}\` is written before what it is asked of: \`${name}(x)\``;
  const [names, others] = method ? [METHOD_NAMES, functions] : [functions, METHOD_NAMES];
  return `there is no function \`${name}\`${didYouMean(name, names) || didYouMean(name, others) || '; docs/expressions.md lists them'}`;
}
