import { compile } from '../expressions/compile.ts';
import { ExpressionFault, type Rule } from '../expressions/rule.ts';
import { didYouMean } from '../model/near.ts';
import type { Tables } from '../model/rules.ts';
import { trace } from './origins.ts';
import { pathText } from './path.ts';
import type { Report } from './report.ts';
import type { Tree } from './tree.ts';
import type { WrittenRule } from './written-rules.ts';
import { unmask } from './yaml.ts';

/** What expressions may use, and where they stand. */
export interface Setting {
  text: string;
  tree: Tree;
  tables: Tables;
  /** The file's own attributes. */
  custom: readonly string[];
}

/**
 * Compiles every expression, and reports each fault where it is in the file. This file, alone of src/config, loads the
 * language; it is imported where a configuration has expressions.
 */
export function checkRules(rules: readonly WrittenRule[], setting: Setting, report: Report): void {
  for (const rule of rules) {
    if (report.blames(rule.path)) continue;
    const fault = faultOf(rule, setting);
    if (!fault) continue;
    const node = setting.tree.rules.get(pathText(rule.path));
    const within = node && { start: node.range[0], end: node.range[1] };
    report.add(offsetOf(fault.start, rule, setting), rule.path, fault.code, fault.message, within);
  }
}

interface Found {
  start: number;
  code: 'rule' | 'reference';
  message: string;
}

function faultOf({ text, kind, local }: WrittenRule, { tables, custom }: Setting): Found | undefined {
  const reference = text.search(/\$\{(env|file):/);
  if (reference !== -1) return { start: reference, code: 'reference', message: NO_REFERENCE };
  let rule: Rule;
  try {
    rule = compile(text, kind, tables);
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    return { start: error.start, code: 'rule', message: error.message };
  }
  const unknown = local ? rule.reads.attributes.find((name) => !custom.includes(name)) : undefined;
  if (unknown === undefined) return undefined;
  const message = `accounts have no attribute \`${unknown}\` of the file's own${didYouMean(unknown, custom) || '; `customAttributes` lists them'}`;
  return { start: Math.max(text.indexOf(unknown) - 1, 0), code: 'rule', message };
}

const NO_REFERENCE = 'a rule holds no reference: it would be taken as it stands; write what it stands for';

/** Where in the file a place in an expression is; after its last sign for one that ends too early. */
function offsetOf(start: number, { path, text }: WrittenRule, setting: Setting): number {
  const at = pathText(path);
  const node = setting.tree.rules.get(at);
  const begin = setting.tree.marks.get(at)?.value ?? 0;
  const traced = node && trace(setting.text, node, unmask(node.source));
  if (!traced) return begin;
  if (start < text.length) return traced.at[start] ?? begin;
  const last = traced.at[text.length - 1];
  return traced.value.length > text.length
    ? (traced.at[text.length] ?? begin)
    : last === undefined
      ? begin
      : traced.end;
}
