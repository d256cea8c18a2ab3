import { openToLook } from '../directory/open.ts';
import { didYouMean } from '../model/near.ts';
import { printable } from '../report/text.ts';
import { usage } from './options.ts';

/** The type of a source that the directory has, whether the file names it or not. Throws a Failure, exit status 2. */
export function typeInDirectory(directory: string, name: string): string {
  const db = openToLook(directory);
  try {
    const types = new Map(
      db.prepare<[], [string, string]>('SELECT name, type FROM v1_sources ORDER BY name').raw().all(),
    );
    const type = types.get(name);
    if (type !== undefined) return type;
    if (name.toLowerCase() === 'local') throw usage('`local` is what people make by hand, and no source.');
    const names = [...types.keys()];
    const others = names.length === 0 ? '; it has none.' : `; it has ${names.map((one) => `\`${one}\``).join(', ')}.`;
    throw usage(`The directory has no source \`${printable(name)}\`${didYouMean(name, names) || others}`);
  } finally {
    db.close();
  }
}
