import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const root = new URL('../../', import.meta.url);

export const pathOf = (path: string): string => fileURLToPath(new URL(path, root));
export const textOf = (path: string): string => readFileSync(pathOf(path), 'utf8');

/** The YAML files of deploy/, from the project's root. */
export const yamlFiles = readdirSync(pathOf('deploy'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => `deploy/${name.replaceAll('\\', '/')}`)
  .sort();

/** The documents of a file; throws what YAML has against it, warnings too. */
export function documentsOf(path: string): unknown[] {
  return parseAllDocuments(textOf(path)).map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault) throw fault;
    return document.toJS();
  });
}

/** The one document of a file. */
export function documentOf(path: string): unknown {
  const [document, ...others] = documentsOf(path);
  if (others.length > 0) throw new Error(`${path} holds several documents`);
  return document;
}

/** What a line of the Dockerfile says, of its last stage. */
export function dockerfile(instruction: string): string | undefined {
  const last =
    textOf('Dockerfile')
      .replaceAll('\\\n', ' ')
      .split(/^FROM /m)
      .at(-1) ?? '';
  return new RegExp(`^${instruction} (.*)$`, 'm').exec(last)?.[1];
}
