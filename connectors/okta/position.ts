import { isObject } from '../http/pages.ts';

/** What a listing leaves to the next one. */
export interface Position {
  /** When the first page was given, by the server's clock, in ms since 1970. */
  at: number;
  /** The types of groups that were listed. */
  types: readonly string[];
  /** Whether the group of everybody was among them. */
  everyone: boolean;
  /** By the group's id, when somebody joined or left it last, as Okta wrote it before its members were read. */
  marks: ReadonlyMap<string, string>;
}

/** Written and read by this file alone. */
export const toCursor = ({ at, types, everyone, marks }: Position): string =>
  JSON.stringify({ at, types: [...types].sort(), everyone, marks: Object.fromEntries(marks) });

/** Null for what another version wrote. */
export function fromCursor(cursor: string): Position | null {
  try {
    const read: unknown = JSON.parse(cursor);
    if (!isObject(read) || typeof read.at !== 'number' || !Array.isArray(read.types) || !isObject(read.marks))
      return null;
    const marks = new Map(Object.entries(read.marks).map(([id, mark]) => [id, String(mark)]));
    return { at: read.at, types: read.types.map(String), everyone: read.everyone === true, marks };
  } catch {
    // Whatever it is, a full pass writes another.
    return null;
  }
}
