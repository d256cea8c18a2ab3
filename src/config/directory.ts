import { resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { DEFAULT_DIRECTORY } from './default-directory.ts';
import { readConfigText, type Surroundings } from './text.ts';

/**
 * Where the directory is, by the one key of the file that says so: a look-up need not wait for the schema of the whole
 * file, and answers while the rest of it is faulty. Null where that key alone does not tell: the file is no YAML, or
 * the key holds something else than a plain path. Throws a ConfigurationError where there is no file.
 */
export async function directoryIn(path: string | undefined, io: Surroundings): Promise<string | null> {
  if (path === '-' || (path === undefined && io.env.ROSTERD_CONFIG === '-')) return null;
  const { text, folder } = await readConfigText(path, io);
  const document = parseDocument(text, { merge: false, schema: 'core', logLevel: 'silent' });
  if (document.errors.length > 0 || document.warnings.length > 0) return null;
  // Whatever YAML holds; looked at below.
  const file: unknown = document.toJS({ maxAliasCount: 1000 });
  if (typeof file !== 'object' || file === null || Array.isArray(file) || Object.hasOwn(file, '<<')) return null;
  if (!Object.hasOwn(file, 'sources')) return null;
  const directory = 'directory' in file ? file.directory : DEFAULT_DIRECTORY;
  if (typeof directory !== 'string' || directory.trim() === '' || directory.includes('${')) return null;
  return resolve(folder, directory);
}
