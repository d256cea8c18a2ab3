import { RE2JS } from 're2js';

/** A regular expression that takes time in proportion to the text, whatever the text (RE2). */
export interface Pattern {
  matches(text: string): boolean;
  /** Every match, by a text in which `$1` is the first group and `$$` a dollar sign. */
  replaceAll(text: string, replacement: string): string;
  groups: number;
}

/** Throws an Error whose message says what is wrong with it. */
export function pattern(source: string): Pattern {
  if (/\(\?(=|!|<=|<!)/.test(source.replaceAll(/\\./g, ''))) {
    throw new Error('look-ahead and look-behind are not part of this language (RE2): they can take for ever');
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    throw new Error(String(error instanceof Error ? error.message : error).replace(/^error parsing regexp: /, ''));
  }
  return {
    groups: compiled.groupCount(),
    matches: (text) => compiled.test(text),
    replaceAll: (text, replacement) => compiled.matcher(text).replaceAll(replacement),
  };
}
