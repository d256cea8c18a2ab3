import type { ZodType } from 'zod';
import { Secret } from '../model/secret.ts';
import { ConfigurationError } from './fault.ts';
import { isName, isRule, isTable, type Path, pathText } from './path.ts';
import { BadReference, hasReference, openReferences, type Piece, type Places, parseReferences } from './references.ts';
import type { Report } from './report.ts';
import { childSchema, takesSecret } from './shape.ts';
import type { Mark } from './tree.ts';

export interface Resolving {
  marks: ReadonlyMap<string, Mark>;
  report: Report;
  /** A report of its own for a secret that cannot be read later. */
  later(): Report;
  places: Places;
  /** Whether secrets are read now too, so that one that cannot be is a fault like any other. */
  openSecrets: boolean;
  /** Filled with the paths whose values came out of references. */
  referenced: Set<string>;
}

/**
 * Gives `value` with its references replaced, and with a `Secret` where `schema` takes a credential. Keys that the
 * schema does not have are left alone: nothing is opened for what is not read.
 */
export function resolveReferences(value: unknown, schema: ZodType, path: Path, to: Resolving): unknown {
  if (typeof value === 'string') return takesSecret(schema) ? secret(value, path, to) : text(value, path, to);
  if (Array.isArray(value)) return value.map((item, index) => within(item, schema, value, path, index, to));
  if (typeof value !== 'object' || value === null) return value;
  // What chooses among alternatives comes first: the others depend on it.
  const chooser =
    'type' in value && typeof value.type === 'string' ? { type: text(value.type, [...path, 'type'], to) } : {};
  const chosen = { ...value, ...chooser };
  const entries = Object.entries(chosen);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, key in chooser ? item : within(item, schema, chosen, path, key, to)]),
  );
}

function within(
  item: unknown,
  schema: ZodType,
  parent: object,
  path: Path,
  key: string | number,
  to: Resolving,
): unknown {
  const child = childSchema(schema, key, parent);
  return child ? resolveReferences(item, child, [...path, key], to) : item;
}

function text(value: string, path: Path, to: Resolving): string {
  if (!hasReference(value) || isRule(path) || isTable(path)) return value;
  if (isName(path)) {
    to.report.add(offsetOf(path, to), path, 'reference', 'a name holds no reference');
    return value;
  }
  try {
    const opened = openReferences(parseReferences(value), to.places);
    to.referenced.add(pathText(path));
    return opened;
  } catch (error) {
    blame(to.report, error, path, 'reference', to);
    return value;
  }
}

function secret(value: string, path: Path, to: Resolving): unknown {
  if (value.trim() === '') {
    to.report.add(offsetOf(path, to), path, 'secret', 'expected a credential, not an empty text');
    return value;
  }
  let pieces: Piece[];
  try {
    pieces = parseReferences(value);
  } catch (error) {
    blame(to.report, error, path, 'reference', to);
    return value;
  }
  const credential = new Secret(() => {
    try {
      return openReferences(pieces, to.places);
    } catch (error) {
      const report = to.later();
      blame(report, error, path, 'secret', to);
      throw new ConfigurationError(report.faults(), { cause: error });
    }
  });
  if (to.openSecrets) {
    try {
      openReferences(pieces, to.places);
    } catch (error) {
      blame(to.report, error, path, 'secret', to);
    }
  }
  return credential;
}

function blame(report: Report, error: unknown, path: Path, code: 'reference' | 'secret', to: Resolving): void {
  if (!(error instanceof BadReference)) throw error;
  report.add(offsetOf(path, to), path, code, error.message);
}

const offsetOf = (path: Path, to: Resolving): number => to.marks.get(pathText(path))?.value ?? 0;
