import { RE2JS } from 're2js';
import { bounded } from './values.ts';

/** A regular expression that takes time in proportion to the text, whatever the text (RE2). */
export interface Pattern {
  matches(text: string): boolean;
  /**
   * Every match, by a text in which `$1` is the first group and `$$` a dollar sign. One search is linear, but each may
   * look to the end of the text (`a*b|a`): before every search `search` is told how much is left.
   */
  replaceAll(text: string, replacement: string, search: (left: number) => void): string;
  groups: number;
}

/** Throws an Error whose message says what is wrong with it. */
export function pattern(source: string): Pattern {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    if (/\(\?(=|!|<=|<!)/.test(source))
      throw new Error('look-ahead and look-behind are not part of this language (RE2): they can take for ever');
    throw new Error(String(error instanceof Error ? error.message : error).replace(/^error parsing regexp: /, ''));
  }
  const groups = compiled.groupCount();
  return {
    groups,
    matches: (text) => compiled.test(text),
    replaceAll: (text, replacement, search) => {
      const matcher = compiled.matcher(text);
      const parts = template(replacement, groups);
      let made = '';
      let from = 0;
      search(text.length);
      while (matcher.find()) {
        made = bounded(made + text.slice(from, matcher.start()));
        for (const part of parts)
          made = bounded(made + (typeof part === 'string' ? part : (matcher.group(part) ?? '')));
        from = matcher.end();
        search(text.length - from);
      }
      return bounded(made + text.slice(from));
    },
  };
}

/** The texts of a replacement, and the numbers of groups between them. A reference to no group is a text. */
function template(replacement: string, groups: number): (string | number)[] {
  if (!replacement.includes('$')) return [replacement];
  return replacement.split(/(\$\$|\$\d\d?)/).flatMap((part, at): (string | number)[] => {
    if (at % 2 === 0) return part === '' ? [] : [part];
    if (part === '$$') return ['$'];
    // Two digits only where there are that many groups.
    const two = Number(part.slice(1));
    if (two >= 1 && two <= groups) return [two];
    const one = Number(part[1]);
    return one >= 1 && one <= groups ? [one, part.slice(2)] : [part];
  });
}
