import type { Config } from './config.ts';
import type { Fault } from './fault.ts';
import { startOf } from './parse.ts';
import { type Path, pathText } from './path.ts';
import { readTree } from './reading.ts';
import { configurationSchema, type SourceTypes } from './schema.ts';

/** What was found out about a value of a configuration without fault. */
export interface Finding {
  path: Path;
  message: string;
}

/** Findings about the tests of rules, in the order of the file, each with its line. */
export function testFaults(config: Config, types: SourceTypes, findings: readonly Finding[]): Fault[] {
  const text = {
    file: config.file,
    path: config.path,
    folder: config.folder,
    sha256: config.sha256,
    text: config.text.open(),
  };
  const { tree, report } = readTree(text.text, startOf(text, configurationSchema(types))());
  for (const { path, message } of findings)
    report.add(tree.marks.get(pathText(path))?.value ?? 0, path, 'test', message);
  return report.faults();
}
