import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A text with references, taken apart. */
export type Piece = { text: string } | { env: string } | { file: string };

/** Why a reference cannot be used. */
export class BadReference extends Error {}

/** Where references lead. */
export interface Places {
  env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. */
  folder: string;
}

const LIMIT = 1024 * 1024;
const ESCAPE = '`$${` stands for a plain `${`';

export const hasReference = (text: string): boolean => text.includes('${');

/** Takes `${env:NAME}` and `${file:/path}` out of a text; `$${` stands for `${`. Throws a BadReference. */
export function parseReferences(text: string): Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('$${', at)) {
      plain += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (end === -1) throw new BadReference(`a reference that begins with \`\${\` has no \`}\`; ${ESCAPE}`);
      pieces.push({ text: plain }, reference(text.slice(at + 2, end)));
      plain = '';
      at = end + 1;
    } else plain += text[at++];
  }
  return [...pieces, { text: plain }].filter((piece) => !('text' in piece) || piece.text !== '');
}

function reference(inner: string): Piece {
  const colon = inner.indexOf(':');
  const kind = inner.slice(0, Math.max(colon, 0));
  const name = inner.slice(colon + 1);
  if (kind === 'env') {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { env: name };
    throw new BadReference('`${env:…}` takes the name of an environment variable: letters, digits and `_`');
  }
  if (kind === 'file') {
    if (name.trim() !== '') return { file: name };
    throw new BadReference('`${file:…}` takes the path of a file');
  }
  // The kind is quoted only where it is a word: what else stands here may be part of a password.
  const word = /^[a-z]{1,16}$/.test(kind) ? `\`\${${kind}:…}\`` : 'this';
  throw new BadReference(
    `${word} is not a reference; there are \`\${env:NAME}\` and \`\${file:/path}\`, and ${ESCAPE}`,
  );
}

/** The text with every reference replaced, each read now. Throws a BadReference that names the reference. */
export function openReferences(pieces: readonly Piece[], places: Places): string {
  return pieces
    .map((piece) => {
      if ('env' in piece) return variable(piece.env, places.env);
      return 'file' in piece ? fileText(piece.file, places.folder) : piece.text;
    })
    .join('');
}

function variable(name: string, env: Places['env']): string {
  const value = env[name];
  if (value === undefined) throw new BadReference(`the environment variable ${name} is not set`);
  if (value === '') throw new BadReference(`the environment variable ${name} is empty`);
  return value;
}

function fileText(file: string, folder: string): string {
  const path = resolve(folder, file);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new BadReference(`the file ${path} ${unreadable(error)}`, { cause: error });
  }
  if (bytes.length > LIMIT) throw new BadReference(`the file ${path} is larger than 1 MiB`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (error) {
    throw new BadReference(`the file ${path} is not UTF-8 text`, { cause: error });
  }
  if (text.trim() === '') throw new BadReference(`the file ${path} is empty`);
  return text;
}

/** What is wrong with a file, to stand after its path. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EISDIR') return 'is a folder';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by the user that runs rosterd';
  return `cannot be read (${code})`;
}
