import { connectorTypes } from '../../connectors/registry.ts';
import type { Fault } from '../config/fault.ts';
import type { Config, TestCase } from '../config/load.ts';
import { type Finding, testFaults } from '../config/places.ts';
import { fold } from '../directory/names.ts';
import type { Explained, GroupFacts, Rule, UserFacts } from '../expressions/rule.ts';
import type { Extra } from '../model/user.ts';
import { compileRules, type RuleSet } from '../sync/rules.ts';
import { shape, shapeGroup } from '../sync/shape.ts';
import { sameValue, tidy } from '../sync/values.ts';

/** What came of the tests of a configuration. */
export interface Tested {
  tests: number;
  /** How many of them failed. */
  failed: number;
  /** In the order of the file; a test may fail in several ways. */
  faults: Fault[];
}

/** Tries what stands under `tests`, with the code that passes use. Asks no source for anything. */
export async function testRules(config: Config): Promise<Tested> {
  const compiled = new Map<string, RuleSet>();
  const findings: Finding[] = [];
  let failed = 0;
  for (const [index, test] of config.tests.entries()) {
    const source = config.sources.find(({ name }) => name === test.source);
    if (!source) throw new Error(`no source ${test.source} in the configuration`);
    const rules = compiled.get(source.name) ?? (await compileRules(source));
    compiled.set(source.name, rules);
    const wrong = tryCase(test, rules, { name: source.name, type: source.type });
    if (wrong.length > 0) failed++;
    for (const { key, what } of wrong) {
      const path = ['tests', index, 'expect', ...(key === null ? [] : [key])];
      findings.push({ path, message: `the test ${JSON.stringify(test.name)} failed: ${what}` });
    }
  }
  const faults = findings.length === 0 ? [] : testFaults(config, connectorTypes, findings);
  return { tests: config.tests.length, failed, faults };
}

interface Wrong {
  /** The attribute; null: whether the user or group is in at all. */
  key: string | null;
  what: string;
}

/** What came out of the rules. */
interface Outcome {
  is: 'in' | 'out' | 'unsure';
  values: Readonly<Record<string, Extra | undefined>>;
  /** What the rules were given. */
  facts: UserFacts | GroupFacts;
}

function tryCase(test: TestCase, rules: RuleSet, source: { name: string; type: string }): Wrong[] {
  const { is, values, facts } = outcome(test, rules, source);
  const kind = test.of.is;
  const ruleOf = (name: string): [string, Rule] | undefined => {
    const found = [name, `${name}[0]`].find((one) => rules.all.has(one));
    const rule = found === undefined ? undefined : rules.all.get(found);
    return found !== undefined && rule ? [found, rule] : undefined;
  };
  const where = ruleOf(`${kind}s.where`);
  const why = where && reason(where, facts);
  const { expect } = test;
  if (is === 'unsure') return [{ key: null, what: `expected ${expect === null ? 'out' : 'in'}, but ${why}` }];
  if (expect === null)
    return is === 'out'
      ? []
      : [{ key: null, what: `expected out, but ${why ?? `the source has no ${kind}s.where, so that all are in`}` }];
  if (is === 'out') return [{ key: null, what: `expected in, but ${why}` }];
  return Object.entries(expect).flatMap(([key, wanted]) => {
    const got = values[key];
    if (got !== undefined && sameValue(got, tidy(wanted) ?? null)) return [];
    const rule = ruleOf(`${kind}s.attributes.${key}`);
    return [{ key, what: `expected ${shown(wanted)}, ${attributeReason(got, rule, kind, facts)}` }];
  });
}

function attributeReason(
  got: Extra | undefined,
  rule: [string, Rule] | undefined,
  kind: string,
  facts: UserFacts | GroupFacts,
): string {
  if (!rule) return `got ${shown(got ?? null)}: no rule sets it, and this is what the ${kind} of the test has`;
  if (got === undefined) return `but ${reason(rule, facts)}`;
  const [name, compiled] = rule;
  return `got ${shown(got)}, by ${name}: ${decided(compiled.explain(facts))}`;
}

/** What a rule gives, and what decided it. */
function reason([name, rule]: [string, Rule], facts: UserFacts | GroupFacts): string {
  const explained = rule.explain(facts);
  if (explained.value === undefined) return `${name} fails: ${explained.failure}`;
  return `${name} is ${shown(explained.value)}: ${decided(explained)}`;
}

function decided({ value, decided: { text, reads } }: Explained): string {
  // The part that decided may itself be what is read, as in `!user.memberOf("x")`.
  const itself = reads.find((read) => read.text === text);
  if (itself && itself.value !== value) return `${line(text)} is ${shown(itself.value)}`;
  const seen = reads.filter((read) => read.text !== text).map((read) => `${line(read.text)} is ${shown(read.value)}`);
  return seen.length === 0 ? line(text) : `${line(text)}, where ${seen.join(' and ')}`;
}

const line = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
const shown = (value: Extra): string => {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
};

function outcome({ of }: TestCase, rules: RuleSet, source: { name: string; type: string }): Outcome {
  if (of.is === 'group') {
    const facts: GroupFacts = { group: of, source, asked: null };
    const made = shapeGroup(of, rules.groups, () => facts);
    return { is: made.is, values: made.is === 'out' ? {} : { name: made.name, description: made.description }, facts };
  }
  const groups = new Set(of.groups.map(fold));
  const attributes = Object.entries(of.attributes).map(([name, text]) => [name, tidy(text) ?? null]);
  const facts: UserFacts = {
    // Blank is null, as it is where a connector reads.
    user: { ...of, attributes: Object.fromEntries(attributes) },
    ...{ source, asked: null },
    groups: () => of.groups.toSorted(),
    memberOf: (nameOrId) => groups.has(fold(nameOrId)),
  };
  const made = shape(facts.user, rules.users, () => facts);
  return { is: made.is, values: made.is === 'out' ? {} : { ...made.attributes, ...made.custom }, facts };
}
