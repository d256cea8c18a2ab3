import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import { assemble } from './assemble.ts';
import { readCertificates } from './certificates.ts';
import type { Config } from './config.ts';
import { ConfigurationError } from './fault.ts';
import { reportIssues } from './issues.ts';
import { reportNames } from './names.ts';
import { pathText, RULE_KEYS } from './path.ts';
import { readTree } from './reading.ts';
import { startReport } from './report.ts';
import { resolveReferences } from './resolve.ts';
import { configurationSchema, type SourceTypes } from './schema.ts';
import { visibleKeys } from './shape.ts';
import { reportSources } from './sources.ts';
import type { ConfigText, Surroundings } from './text.ts';
import { customNames, tablesIn, writtenRules } from './written-rules.ts';

export interface ParseOptions {
  types: SourceTypes;
  io: Pick<Surroundings, 'env'>;
  /** `open` reads every secret once, so that one that cannot be read is a fault like any other; `leave` reads none. */
  secrets: 'leave' | 'open';
}

/**
 * Makes a configuration of a file's text. Its expressions are not looked at: that is for whoever has checked the same
 * text before. Throws a ConfigurationError that holds every other fault of it.
 */
export function parseConfig(text: ConfigText, options: ParseOptions): Config {
  return read(text, options).config();
}

/** Makes a configuration of a file's text. Throws a ConfigurationError that holds every fault of it. */
export async function checkConfig(text: ConfigText, options: ParseOptions): Promise<Config> {
  const { rules, setting, report, config, value } = read(text, options);
  if (/\b(?:schedule|timezone)\b/.test(text.text) && typeof value === 'object' && value !== null) {
    const { checkSchedules } = await import('./check-schedules.ts');
    for (const { path, message } of checkSchedules(value))
      if (!report.blames(path)) report.add(setting.tree.marks.get(pathText(path))?.value ?? 0, path, 'value', message);
  }
  if (rules.length > 0) {
    const { checkRules } = await import('./check-rules.ts');
    checkRules(rules, setting, report);
  }
  return config();
}

function read(text: ConfigText, { types, io, secrets }: ParseOptions) {
  const plain = configurationSchema(types);
  const start = startOf(text, plain);
  const { tree, report } = readTree(text.text, start());
  const custom = customNames(tree.value);
  const schema = custom.length === 0 ? plain : configurationSchema(types, custom);
  const places = { env: io.env, folder: text.folder };
  const referenced = new Set<string>();
  const openSecrets = secrets === 'open';
  const resolving = { marks: tree.marks, report, later: start, places, openSecrets, referenced };
  const value = resolveReferences(tree.value, schema, [], resolving);
  const checked = schema.safeParse(value);
  const root = { schema, value, custom, marks: tree.marks, referenced };
  if (checked.error) reportIssues(checked.error.issues, root, report);
  reportSources(root, report);
  reportNames(root, report);
  const ca = readCertificates(root, text.folder, report);
  const tables = tablesIn(value);
  return {
    rules: writtenRules(value, custom),
    setting: { text: text.text, tree, tables, custom },
    report,
    value,
    config(): Config {
      const faults = report.faults();
      if (faults.length > 0) throw new ConfigurationError(faults);
      if (!checked.success) throw new Error('the schema refused what no fault explains', { cause: checked.error });
      return assemble(text, checked.data, { ca, tables });
    },
  };
}

/** Starts reports about the text, which show what never is a credential. */
export function startOf(text: ConfigText, schema: ReturnType<typeof configurationSchema>) {
  const visible = new Set([...visibleKeys(schema), ...STANDARD_ATTRIBUTES, ...RULE_KEYS, '<<']);
  return () => startReport(text, visible);
}
