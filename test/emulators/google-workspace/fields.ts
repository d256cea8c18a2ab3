import { refuse } from './errors.ts';

/** What a partial response holds: names with what is wanted of them; null is everything. */
export type Selection = ReadonlyMap<string, Selection> | null;

/** The names that an answer may hold, with theirs; null is a value of any shape. */
export type Shape = { readonly [name: string]: Shape } | null;

/**
 * Reads `fields`: names by commas, `a/b` and `a(b,c)` for what is inside, `*` for all
 * (developers.google.com/workspace/admin/directory/v1/guides/performance, partial response).
 * @throws Refusal at a name that the answer cannot hold, and at what cannot be read
 */
export function selectionOf(text: string | null, shape: Shape): Selection {
  if (text === null) return null;
  const tokens = text.match(/[^,()/\s]+|[,()/]/g) ?? [];
  let at = 0;

  const list = (within: Shape, path: string): Selection => {
    const all = new Map<string, Selection>();
    for (;;) {
      const name = tokens[at++] ?? '';
      if (!/^[\w*.-]+$/.test(name)) throw refuse.field(`${path}${name}`);
      const known = within === null || name === '*' || name in within;
      if (!known) throw refuse.field(`${path}${name}`);
      const inner = within === null || name === '*' ? null : (within[name] ?? null);
      all.set(name, merged(all, name, inside(inner, `${path}${name}`)));
      if (tokens[at] !== ',') return all.has('*') ? null : all;
      at++;
    }
  };
  const inside = (shape: Shape, path: string): Selection => {
    const mark = tokens[at];
    if (mark !== '/' && mark !== '(') return null;
    // A plain value holds nothing that could be named.
    if (shape !== null && Object.keys(shape).length === 0) throw refuse.field(`${path}.${tokens[at + 1] ?? ''}`);
    at++;
    if (mark === '(') {
      const found = list(shape, `${path}.`);
      if (tokens[at++] !== ')') throw refuse.field(path);
      return found;
    }
    const name = tokens[at++] ?? '';
    if (shape !== null && name !== '*' && !(name in shape)) throw refuse.field(`${path}.${name}`);
    const deeper = inside(shape === null || name === '*' ? null : (shape[name] ?? null), `${path}.${name}`);
    return name === '*' ? null : new Map([[name, deeper]]);
  };

  const selection = list(shape, '');
  if (at < tokens.length) throw refuse.field(tokens.slice(at).join(''));
  return selection;
}

/** `a/b,a/c` is `a(b,c)`, and `a,a/b` is `a`. */
function merged(all: ReadonlyMap<string, Selection>, name: string, more: Selection): Selection {
  const before = all.get(name);
  if (before === undefined) return more;
  return before === null || more === null ? null : new Map([...before, ...more]);
}

/** What was selected of a value; lists are gone through. */
export function selected(value: unknown, selection: Selection): unknown {
  if (selection === null || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => selected(each, selection));
  const held: Record<string, unknown> = { ...value };
  const picked: Record<string, unknown> = {};
  for (const [name, inner] of selection) if (held[name] !== undefined) picked[name] = selected(held[name], inner);
  return picked;
}
