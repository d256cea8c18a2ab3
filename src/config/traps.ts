import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import type { Path } from './path.ts';
import { unmask } from './yaml.ts';
import { TAG } from './yaml-words.ts';

const QUOTE = 'put the expression in quotes or after |';
const CORE_TAGS = new Set(['str', 'int', 'float', 'bool', 'null'].map((word) => `tag:yaml.org,2002:${word}`));

/**
 * What YAML makes of a rule or a schedule other than its writer meant, or undefined. `sign` is the first of it where
 * YAML could not read it.
 */
export function expressionTrap(node: ParsedNode, path: Path, sign: string | undefined): string | undefined {
  if (sign === '|' || sign === '>') return 'the expression begins on the line after |, indented further';
  const why = trap(node, path, sign);
  return why && `${why}; ${QUOTE}`;
}

function trap(node: ParsedNode, path: Path, sign: string | undefined): string | undefined {
  if (sign === '!' || node.tag) return '`!` begins a YAML tag';
  if (sign === '*' || isAlias(node)) return '`*` begins a YAML alias';
  if (sign === '&' || node.anchor) return '`&` begins a YAML anchor';
  if (sign !== undefined) return 'YAML cannot read this as one text';
  // userName takes a list of expressions.
  if (isMap(node) || (isSeq(node) && path.at(-2) !== 'attributes')) return 'YAML takes this expression apart';
  return isScalar(node) && written(node).trim() === '' ? 'the expression is empty' : undefined;
}

/** The same for any other value: a tag that is none, an anchor on nothing. */
export function valueTrap(node: ParsedNode): string | undefined {
  if (node.tag && !CORE_TAGS.has(node.tag)) return TAG;
  if (isScalar(node) && node.anchor && written(node) === '')
    return '`&` begins a YAML anchor, and nothing follows it; put the value in quotes';
  return undefined;
}

/** Where a node begins in the text, its tag and anchor included, which the parser counts as before it. */
export function beginning(node: ParsedNode, text: string): number {
  const offset = node.range[0];
  if (isAlias(node) || !(node.tag || node.anchor)) return offset;
  const from = Math.max(0, offset - 500);
  const at = text.slice(from, offset).search(/(?<!\S)(?:[!&]\S*\s+)*[!&]\S*\s*$/);
  return at === -1 ? offset : from + at;
}

/** A plain scalar as it was typed: `NO` and `007` stay what they are. */
export function written(node: ParsedNode): string {
  if (!isScalar(node)) return '';
  if (node.type === 'PLAIN' || node.type === undefined) return unmask(node.source ?? '');
  return unmask(String(node.value ?? ''));
}
