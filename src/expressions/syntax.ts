import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { LOOPS } from './loop-words.ts';
import { ExpressionFault } from './rule.ts';

export type Node = ASTNode;

/** The longest expression, in UTF-16 units. */
export const LONGEST = 8192;
const DEEPEST = 64;

// The library reads the language; what the names in it mean, and which types fit, is checked in check.ts.
const grammar = new Environment({
  limits: { maxAstNodes: 2000, maxDepth: DEEPEST, maxCallArguments: 16, maxListElements: 1000, maxMapEntries: 1 },
});

/** Reads an expression. Throws an ExpressionFault. */
export function parse(text: string): Node {
  if (text.length > LONGEST)
    throw new ExpressionFault(`an expression has at most ${LONGEST} characters; this one has ${text.length}`, 0, 0);
  try {
    return grammar.parse(text).ast;
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionFault('the expression is nested too deeply', 0, text.length);
    if (error instanceof ParseError) throw translated(text, error);
    throw error;
  }
}

/** The library's names of signs. */
const SIGNS: Readonly<Record<string, string>> = {
  EOF: 'the end',
  IDENTIFIER: 'a name',
  COLON: '`:`',
  QUESTION: '`?`',
  COMMA: '`,`',
  DOT: '`.`',
  LPAREN: '`(`',
  RPAREN: '`)`',
  LBRACKET: '`[`',
  RBRACKET: '`]`',
  LBRACE: '`{`',
  RBRACE: '`}`',
  PLUS: '`+`',
  MINUS: '`-`',
  MULTIPLY: '`*`',
  DIVIDE: '`/`',
  MODULO: '`%`',
  EQ: '`==`',
  NE: '`!=`',
  LT: '`<`',
  LE: '`<=`',
  GT: '`>`',
  GE: '`>=`',
  AND: '`&&`',
  OR: '`||`',
  NOT: '`!`',
  IN: '`in`',
  STRING: 'a text',
  NUMBER: 'a number',
  BOOLEAN: '`true` or `false`',
  NULL: '`null`',
};
const words = (summary: string) => summary.replaceAll(/\b[A-Z][A-Z_]+\b/g, (name) => SIGNS[name] ?? name.toLowerCase());

/** What people write who know other languages, and what it is called here. */
const HABITS: readonly (readonly [RegExp, string])[] = [
  [/^(and|AND)\b/, 'write `&&` for "and"'],
  [/^(or|OR)\b/, 'write `||` for "or"'],
  [/^(not|NOT)\b/, 'write `!` for "not"'],
  [/^=(?!=)/, 'write `==` to compare'],
  [/^&(?!&)/, 'write `&&` for "and"'],
  [/^\|(?!\|)/, 'write `||` for "or"'],
  [/^(<>)/, 'write `!=` for "not equal"'],
  [/^[“”„‘’]/, 'write straight quotes: `"` or `\'`'],
];

function translated(text: string, { code, summary, range }: ParseError): ExpressionFault {
  const start = Math.min(range?.start ?? 0, text.length);
  const end = Math.max(start, Math.min(range?.end ?? text.length, text.length));
  const rest = text.slice(start);
  const before = text.slice(0, start);
  const habit = HABITS.find(([sign]) => sign.test(rest))?.[1];
  if (habit !== undefined) return new ExpressionFault(habit, start, end);
  // "not x": the word was taken for a name, and the fault is what follows it.
  if (/\b(not|NOT)\s+$/.test(before)) return new ExpressionFault('write `!` for "not"', start, end);
  const [, expected, got] = /^Expected (.+), got (.+)$/.exec(summary) ?? [];
  if (expected !== undefined && got !== undefined) {
    const what = got === 'EOF' ? 'the expression ends before it' : `here is ${words(got)}`;
    return new ExpressionFault(`expected ${words(expected)}, but ${what}`, start, end);
  }
  const [, loop] = /^(\w+)\(var\b/.exec(summary) ?? [];
  if (loop !== undefined && LOOPS[loop]) return new ExpressionFault(`it is written \`${LOOPS[loop]}\``, start, end);
  if (summary.includes('EOF')) return new ExpressionFault('the expression is not complete', start, end);
  if (code.includes('limit') || /exceed|too deep/i.test(summary))
    return new ExpressionFault('the expression is too large', start, end);
  return new ExpressionFault(`this cannot be read: ${lowerFirst(words(summary))}`, start, end);
}

const lowerFirst = (sentence: string) => `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
