import { resolve } from 'node:path';
import type { z } from 'zod';
import { DEFAULT_LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';
import { STANDARD_ATTRIBUTES } from '../model/user.ts';
import { readCertificates } from './certificates.ts';
import type { Config, SourceConfig } from './config.ts';
import { ConfigurationError } from './fault.ts';
import { reportIssues } from './issues.ts';
import { RULE_KEYS } from './path.ts';
import { readTree } from './reading.ts';
import { startReport } from './report.ts';
import { resolveReferences } from './resolve.ts';
import { type anySource, COMMON_KEYS, configurationSchema, type SourceTypes } from './schema.ts';
import { visibleKeys } from './shape.ts';
import { reportSources } from './sources.ts';
import type { ConfigText, Surroundings } from './text.ts';

export interface ParseOptions {
  types: SourceTypes;
  io: Pick<Surroundings, 'env'>;
  /** `open` reads every secret once, so that one that cannot be read is a fault like any other; `leave` reads none. */
  secrets: 'leave' | 'open';
}

/** Makes a configuration of a file's text. Throws a ConfigurationError that holds every fault of it. */
export function parseConfig(text: ConfigText, { types, io, secrets }: ParseOptions): Config {
  const schema = configurationSchema(types);
  const visible = new Set([...visibleKeys(schema), ...STANDARD_ATTRIBUTES, ...RULE_KEYS, '<<']);
  const start = () => startReport(text, visible);

  const { tree, report } = readTree(text.text, start());
  const places = { env: io.env, folder: text.folder };
  const referenced = new Set<string>();
  const openSecrets = secrets === 'open';
  const resolving = { marks: tree.marks, report, later: start, places, openSecrets, referenced };
  const value = resolveReferences(tree.value, schema, [], resolving);
  const checked = schema.safeParse(value);
  const root = { schema, value, marks: tree.marks, referenced };
  if (checked.error) reportIssues(checked.error.issues, root, report);
  reportSources(root, report);
  const ca = readCertificates(root, text.folder, report);

  const faults = report.faults();
  if (faults.length > 0) throw new ConfigurationError(faults);
  if (!checked.success) throw new Error('the schema refused what no fault explains', { cause: checked.error });
  return assemble(text, checked.data, ca);
}

function assemble(
  text: ConfigText,
  data: z.infer<ReturnType<typeof configurationSchema>>,
  ca: string | undefined,
): Config {
  return {
    file: text.file,
    path: text.path,
    text: Secret.of(text.text),
    sha256: text.sha256,
    directory: resolve(text.folder, data.directory),
    log: data.log,
    ...(ca === undefined ? {} : { ca }),
    sources: data.sources.map(sourceConfig),
  };
}

function sourceConfig(source: z.infer<typeof anySource> & { type: string }): SourceConfig {
  const { name, type, nestedGroups, onMissing, confirmMissing, deleteAfter, paused, limits } = source;
  const own = Object.entries(source).filter(([key]) => !COMMON_KEYS.includes(key));
  return {
    name,
    type,
    nestedGroups,
    onMissing,
    confirmMissing,
    deleteAfter: deleteAfter ?? null,
    paused,
    limits: { ...DEFAULT_LIMITS, ...limits },
    own: Object.fromEntries(own),
  };
}
