import { type Root, reportIssues } from './issues.ts';
import { pathText } from './path.ts';
import type { Report } from './report.ts';
import { anySource } from './schema.ts';
import { childSchema, objectSchema } from './shape.ts';

/** The source of what people make by hand. */
export const RESERVED = 'local';

/** Reports what the schema cannot see: names that are taken, and what is wrong in sources of a type it does not know. */
export function reportSources(root: Root, report: Report): void {
  const { value } = root;
  if (typeof value !== 'object' || value === null || !('sources' in value) || !Array.isArray(value.sources)) return;
  const first = new Map<string, number>();
  const element = childSchema(root.schema, 'sources', value);
  for (const [index, source] of value.sources.entries()) {
    if (typeof source !== 'object' || source === null) continue;
    const schema = element && childSchema(element, index, value.sources);
    if (schema && !objectSchema(schema, source)) {
      const issues = anySource(root.custom).safeParse(source).error?.issues ?? [];
      reportIssues(
        issues.map((issue) => ({ ...issue, path: ['sources', index, ...issue.path] })),
        root,
        report,
      );
    }
    if (typeof source.name === 'string') nameOf(source.name, index);
  }

  function nameOf(name: string, index: number): void {
    const path = ['sources', index, 'name'];
    const offset = offsetOf(path);
    // Names become names of files, which some file systems compare without case.
    const folded = name.toLowerCase();
    const other = first.get(folded);
    if (report.blames(path)) return;
    if (folded === RESERVED)
      report.add(
        offset,
        path,
        'name',
        `\`${RESERVED}\` is the source of what people make by hand; choose another name`,
      );
    else if (other === undefined) first.set(folded, index);
    else {
      const line = report.lineOf(offsetOf(['sources', other, 'name']));
      const message = `sources[${other}] in line ${line} has this name already; upper and lower case count as the same`;
      report.add(offset, path, 'name', message);
    }
  }

  function offsetOf(path: (string | number)[]): number {
    return root.marks.get(pathText(path))?.value ?? 0;
  }
}
