import { ConfigurationError } from './fault.ts';
import { type Path, pathText } from './path.ts';
import type { Report } from './report.ts';
import { buildTree, type Tree } from './tree.ts';
import { parseYaml } from './yaml.ts';

/**
 * Reads a file's text into plain data without its `x-…` keys, and reports what YAML has against it. The report that
 * comes back takes no fault that may only follow from what YAML could not read. Throws a ConfigurationError where
 * there is nothing to check.
 */
export function readTree(text: string, report: Report): { tree: Tree; report: Report } {
  const control = text.search(CONTROL);
  if (control !== -1) report.add(control, [], 'encoding', 'a control character, which YAML does not allow; remove it');
  const parsed = parseYaml(text);
  const trusted = parsed.incomplete ? until(parsed.unreliableFrom, report) : report;
  const tree = buildTree(text, parsed, trusted);
  for (const { offset, message } of parsed.errors) report.add(offset, pathAt(offset, tree, report), 'yaml', message);
  return { tree: { ...tree, value: settings(tree, report) }, report: trusted };
}

// YAML 1.2, section 5.1: what a file may hold.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

function until(offset: number, report: Report): Report {
  return {
    ...report,
    add(at, path, code, message, within) {
      if (at !== null && at < offset && code !== 'missing') report.add(at, path, code, message, within);
    },
  };
}

function pathAt(offset: number, tree: Tree, report: Report): Path {
  const line = report.lineOf(offset);
  let best: { key: number; path: Path } | undefined;
  for (const { key, path } of tree.marks.values())
    if (key !== undefined && key <= offset && report.lineOf(key) === line && key >= (best?.key ?? 0))
      best = { key, path };
  // A line that is no key and value has no path of its own, and may be one of a private key.
  return best?.key === offset ? best.path.slice(0, -1) : (best?.path ?? []);
}

function settings(tree: Tree, report: Report): unknown {
  const { value } = tree;
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('x-')));
  if (report.faults().length === 0) {
    if (value === null)
      report.add(null, [], 'missing', 'nothing is in this file; config.example.yaml shows what to write');
    else
      report.add(tree.marks.get(pathText([]))?.value ?? 0, [], 'type', 'expected keys with values, such as `sources:`');
  }
  throw new ConfigurationError(report.faults());
}
