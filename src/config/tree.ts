import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import { isExpression, isRule, isTable, type Path, pathText } from './path.ts';
import type { Report } from './report.ts';
import { beginning, expressionTrap, valueTrap, written } from './traps.ts';
import { type Parsed, unmask } from './yaml.ts';
import { LOOSE, TOO_DEEP } from './yaml-words.ts';

/** A file's values as plain data, and where each stands. */
export interface Tree {
  value: unknown;
  /** By path text. */
  marks: ReadonlyMap<string, Mark>;
  /** How each rule is written, by its path text. */
  rules: ReadonlyMap<string, Scalar.Parsed>;
}

/** Offsets into the text. */
export interface Mark {
  path: Path;
  /** Absent for the items of a list. */
  key?: number;
  value: number;
}

/** The outermost alias that led to a node: where its reader can do something. */
interface Alias {
  offset: number;
  path: Path;
}

const DEPTH = 64;
const ALIASED = 50_000;

/** Builds plain data, with merge keys and aliases replaced by what they stand for, and reports what cannot be built. */
export function buildTree(text: string, parsed: Parsed, report: Report): Tree {
  const marks = new Map<string, Mark>();
  const rules = new Map<string, Scalar.Parsed>();
  const open = new Set<ParsedNode>();
  const met = new Set<number>();
  let aliased = 0;

  function build(node: ParsedNode | null, path: Path, alias: Alias | undefined): unknown {
    if (node === null) return null;
    const offset = start(node);
    if (alias && ++aliased > ALIASED) {
      const message = `aliases stand for more than ${ALIASED} values; use fewer of them`;
      if (aliased === ALIASED + 1) report.add(alias.offset, alias.path, 'yaml', message);
      return null;
    }
    if (path.length > DEPTH) {
      report.add(alias?.offset ?? offset, alias?.path ?? path.slice(0, 1), 'yaml', TOO_DEEP);
      return null;
    }
    const sign = parsed.broken.has(offset) ? text[offset] : undefined;
    const trap = isExpression(path) ? expressionTrap(node, path, sign) : undefined;
    if (trap) {
      met.add(offset);
      const empty = trap.startsWith('the expression is empty') ? marks.get(pathText(path))?.key : undefined;
      report.add(empty ?? beginning(node, text), path, 'expression', trap);
      return null;
    }
    if (isAlias(node)) {
      const target = parsed.anchors.get(node);
      if (target && !open.has(target)) return build(target, path, alias ?? { offset, path });
      report.add(offset, path, 'yaml', target ? CIRCLE : UNKNOWN_ALIAS);
      return null;
    }
    open.add(node);
    try {
      if (isMap(node)) {
        const all = new Map<string, unknown>();
        addEntries(all, node, path, alias);
        return Object.fromEntries(all);
      }
      if (isSeq(node)) return node.items.map((item, index) => child(item as ParsedNode, [...path, index], alias));
      return scalar(node, path, offset);
    } finally {
      open.delete(node);
    }
  }

  function child(node: ParsedNode | null, path: Path, alias: Alias | undefined, key?: number): unknown {
    const value = node === null ? (key ?? 0) : start(node);
    marks.set(pathText(path), key === undefined ? { path, value } : { path, key, value });
    return build(node, path, alias);
  }

  /** Adds a mapping's entries to `all`. What is there wins: own keys over merged ones, the first merged over the next. */
  function addEntries(all: Map<string, unknown>, map: YAMLMap, path: Path, alias: Alias | undefined): void {
    const here = new Map<string, number>();
    const merges: ParsedNode[] = [];
    for (const pair of map.items) {
      // A parsed mapping, unlike one built by a program, holds parsed nodes.
      const key = pair.key as ParsedNode | null;
      const value = pair.value as ParsedNode | null;
      const at = key === null ? (map.range?.[0] ?? 0) : start(key);
      const name = isScalar(key) ? written(key) : undefined;
      const first = name === undefined ? undefined : here.get(name);
      if (name === undefined) {
        report.add(at, path, 'yaml', 'a key is a text on one line');
      } else if (value === null) {
        report.add(at, path, 'yaml', LOOSE);
      } else if (first !== undefined) {
        const message = `this key is in line ${report.lineOf(first)} already`;
        report.add(at, [...path, name], 'duplicate-key', message);
      } else {
        here.set(name, at);
        const isMerge = name === '<<' && isScalar(key) && key.type === 'PLAIN';
        if (isMerge && value) merges.push(value);
        else if (!all.has(name)) all.set(name, child(value, [...path, name], alias, at));
      }
    }
    for (const merge of merges) addMerged(all, merge, path, alias);
  }

  function addMerged(all: Map<string, unknown>, merge: ParsedNode, path: Path, alias: Alias | undefined): void {
    const target = isAlias(merge) ? parsed.anchors.get(merge) : merge;
    const within = alias ?? (isAlias(merge) ? { offset: start(merge), path } : undefined);
    if (target && open.has(target)) {
      report.add(start(merge), path, 'yaml', CIRCLE);
    } else if (target && isSeq(target)) {
      open.add(target);
      for (const item of target.items) addMerged(all, item as ParsedNode, path, within);
      open.delete(target);
    } else if (target && isMap(target)) {
      open.add(target);
      addEntries(all, target, path, within);
      open.delete(target);
    } else {
      report.add(start(merge), path, 'yaml', target ? '`<<` takes a mapping, or a list of mappings' : UNKNOWN_ALIAS);
    }
  }

  function scalar(node: ParsedNode, path: Path, offset: number): unknown {
    const fault = parsed.broken.get(offset);
    if (fault) {
      met.add(offset);
      report.add(fault.offset, path, 'yaml', fault.message);
      return null;
    }
    if (!isScalar(node)) return null;
    const trap = valueTrap(node);
    if (trap) {
      report.add(beginning(node, text), path, 'yaml', trap);
      return null;
    }
    if (isRule(path)) {
      rules.set(pathText(path), node as Scalar.Parsed);
      // YAML has four ways to write it.
      return node.value === null ? 'null' : written(node);
    }
    if (isTable(path)) return written(node);
    const { value } = node;
    if (typeof value === 'string') return unmask(value);
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
    throw new Error(`YAML gave a ${typeof value}`);
  }

  if (parsed.contents) marks.set('', { path: [], value: start(parsed.contents) });
  const value = build(parsed.contents, [], undefined);
  for (const [offset, fault] of parsed.broken)
    if (!met.has(offset)) report.add(fault.offset, [], 'yaml', fault.message);
  return { value, marks, rules };
}

const CIRCLE = 'this alias stands inside of what it stands for';
const UNKNOWN_ALIAS = '`*` begins a YAML alias, and no anchor before it has this name; put the value in quotes';

const start = (node: ParsedNode): number => node.range[0];
