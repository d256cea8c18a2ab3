import { anySource } from './schema.ts';
import { RESERVED } from './sources.ts';

/** What is wrong with a name for a source, to stand after a colon; null where nothing is. */
export function sourceNameFault(name: string): string | null {
  if (name.toLowerCase() === RESERVED) return 'it is the source of what people make by hand';
  const { error } = anySource().shape.name.safeParse(name);
  return error?.issues[0]?.message ?? null;
}
