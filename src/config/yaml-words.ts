import type { ErrorCode, YAMLError } from 'yaml';

export const TAG = '`!` begins a YAML tag, and rosterd does not know this one; put the value in quotes';
export const DIRECTIVE = 'rosterd reads YAML 1.2 and no directives; remove the lines that begin with %';
export const TOO_DEEP = 'nested too deeply';
const INDENTATION =
  'wrong indentation: the keys of one mapping begin in the same column, and what is inside of another further right';
export const LOOSE = 'neither a key nor a value; a line is written `key: value`, with a space after the colon';

const BY_CODE: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'YAML takes no tab as indentation; use spaces',
  BAD_INDENT: INDENTATION,
  MULTIPLE_DOCS: 'a second document begins here; a configuration file holds one',
  BAD_SCALAR_START: 'a value cannot begin with this sign; put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'YAML takes this for another key and value; put the value in quotes',
  MULTILINE_IMPLICIT_KEY: LOOSE,
  MISSING_CHAR: 'something is missing here: a space, a comma, a bracket or a `: `',
  UNEXPECTED_TOKEN:
    'YAML did not expect this here; put the value in quotes, or see whether a quote, comma or bracket is missing',
  TAG_RESOLVE_FAILED: TAG,
  BAD_COLLECTION_TYPE: TAG,
  MULTIPLE_TAGS: '`!` begins a YAML tag, and a value has one at most; put the value in quotes',
  BAD_ALIAS: '`*` begins a YAML alias and `&` an anchor, and this is no name for one; put the value in quotes',
  ALIAS_PROPS: 'an alias takes neither a tag nor an anchor; put the value in quotes',
  MULTIPLE_ANCHORS: '`&` begins a YAML anchor, and a value has one at most; put the value in quotes',
  BAD_DIRECTIVE: DIRECTIVE,
  BAD_DQ_ESCAPE:
    'a backslash in double quotes begins an escape, and this is none; use single quotes, or two backslashes',
  KEY_OVER_1024_CHARS: 'a key of more than 1,024 characters; is a quote missing above?',
  RESOURCE_EXHAUSTION: TOO_DEEP,
};

// Where one code stands for several mistakes, the first words of the parser's message tell them apart.
const BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [/^Missing closing/, 'this quote is never closed'],
  [/^Implicit map keys need/, LOOSE],
  [/^Sequence item without/, INDENTATION],
  [
    /^Flow (map|sequence) in block/,
    'a `{` or `[` above is not closed, or what is inside of it is not indented further',
  ],
  [/^(Not a YAML token|Block scalar header includes)/, 'what | or > introduces begins on the next line'],
  [/call stack/, TOO_DEEP],
];

/** What the parser says, in words of our own: its own quote the text, which may be a credential. */
export function yamlWords({ code, message }: YAMLError): string {
  const found = BY_MESSAGE.find(([pattern]) => pattern.test(message));
  return found?.[1] ?? BY_CODE[code] ?? 'not valid YAML';
}
