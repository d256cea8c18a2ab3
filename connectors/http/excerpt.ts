import { STRIKE_MARGIN, struck } from '../../src/model/secret.ts';

const LONGEST = 120;

/** Names whose value, in a JSON text or a form, is never shown. */
const HIDDEN =
  /(["']?(?:(?:access|refresh)_?token|id_token|(?<![a-z])idtoken|client_secret|client_assertion|assertion|password|api_?token|x-api-key)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|[^\s&,;]+)/gi;
/** The bare word only where it is plainly a name: messages speak of tokens. */
const TOKENS = /("token"\s*:\s*|(?<![\w-])token=)("(?:[^"\\]|\\.)*"?|[^\s&,;]+)/gi;
/** Headers whose value is never shown; it has several words. */
const HEADERS =
  /(["']?\b(?:(?:proxy-)?authorization|dpop|(?:set-)?cookie)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|[^\s&,;"<]+(?:[ \t]+[^\s&,;"<]+)?)/gi;
/** A scheme and what follows, unless it is plainly a word of the sentence. */
const SCHEMES =
  /\b(bearer|basic|ssws|dpop)\s+(?!(?:proof|token|scheme|realm|header|nonce|auth\w*|error\w*)\b)[\w.~+/=-]+/gi;
const JWT = /\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g;
/** Control characters, line separators, and what turns the direction of text around on a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu;

/** A text from outside as a message may hold it: on one line, no control characters, no token, at most `longest` long. */
export function excerpt(value: unknown, longest = LONGEST): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  // Cut before the regular expressions run, so that a body of megabytes costs nothing.
  const short = struck(text.slice(0, 4 * LONGEST + STRIKE_MARGIN))
    .slice(0, 4 * LONGEST)
    .replace(HIDDEN, '$1[hidden]')
    .replace(TOKENS, '$1[hidden]')
    .replace(HEADERS, '$1[hidden]')
    .replace(SCHEMES, '$1 [hidden]')
    .replace(JWT, '[hidden]')
    .replace(UNPRINTABLE, ' ')
    .trim();
  return short.length > longest ? `${short.slice(0, longest - 1)}…` : short;
}

/** The same for a message of an error, which is then all that is kept of it: SDKs hang requests and headers on theirs. */
export function bare(error: unknown): Error {
  const from = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in from && typeof from.code === 'string' ? `${from.code}: ` : '';
  const clean = new Error(excerpt(`${code}${from.message}`));
  delete clean.stack;
  return clean;
}
