import {
  type Document,
  type ErrorCode,
  isScalar,
  type ParsedNode,
  parseDocument,
  type Range,
  visit,
  type YAMLError,
} from 'yaml';

/** What YAML makes of a text. */
export interface Parsed {
  contents: ParsedNode | null;
  /** Where each alias leads, by the alias's node. */
  anchors: ReadonlyMap<object, ParsedNode>;
  /** What is wrong, beside the values below. */
  errors: readonly YamlFault[];
  /** Values that YAML could not read, by the offset of the value; each was taken as an empty text. */
  broken: ReadonlyMap<number, YamlFault>;
  /** From this offset on nothing of the tree can be relied upon. */
  unreliableFrom: number;
}

export interface YamlFault {
  offset: number;
  message: string;
}

const REPAIRS = 50;
const ONE_LINE = /^([ \t]*(?:- +)*(?:[\w.-]+|"[^"]*"|'[^']*')[ \t]*:[ \t]+)([^ \t\r\n#][^\r\n]*)/;

/**
 * Parses one YAML 1.2 document. A line `key: value` whose value YAML cannot read is set aside and the rest parsed again,
 * so that every fault of a file is found in one go. Unquoted references may stand inside of `{ }` and `[ ]`.
 */
export function parseYaml(text: string): Parsed {
  const broken = new Map<number, YamlFault>();
  let masked = maskReferences(text);
  for (;;) {
    const document = parseDocument(masked, {
      version: '1.2',
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
    const anchors = resolveAliases(document);
    const first = document.errors[0] && locate(document.errors[0], document);
    if (first && broken.size < REPAIRS) {
      const value = valueOnLine(masked, first.offset);
      if (value && !broken.has(value.start)) {
        broken.set(value.start, first);
        masked = blank(masked, value.start, value.end);
        continue;
      }
    }
    return {
      contents: document.contents,
      anchors,
      errors: [...(first ? [first] : []), ...warnings(document)],
      broken,
      unreliableFrom: first?.offset ?? Number.POSITIVE_INFINITY,
    };
  }
}

// In a flow collection a brace ends a plain text. Signs of the private use area do not, and leave every offset as it is.
const OPEN = '\uE000';
const CLOSE = '\uE001';
const maskReferences = (text: string): string => text.replaceAll(/\$\{([^{}\n]*)\}/g, `$${OPEN}$1${CLOSE}`);

/** Gives a text of the tree as it stands in the file. */
export const unmask = (text: string): string => text.replaceAll(/\$\uE000([^{}\n\uE001]*)\uE001/g, '$${$1}');

type Parse = Document.Parsed<ParsedNode>;

/** Every alias with the last node before it that has the anchor: a name may be given again. */
function resolveAliases(document: Parse): Map<object, ParsedNode> {
  const named = new Map<string, ParsedNode>();
  const resolved = new Map<object, ParsedNode>();
  visit(document, {
    Alias: (_key, alias) => {
      const target = named.get(alias.source);
      if (target) resolved.set(alias, target);
    },
    Value: (_key, node) => {
      // The document was parsed, not built, so that every node of it has its range.
      if (node.anchor) named.set(node.anchor, node as ParsedNode);
    },
  });
  return resolved;
}

function valueOnLine(text: string, offset: number): { start: number; end: number } | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const match = ONE_LINE.exec(
    text.slice(start, text.indexOf('\n', start) === -1 ? undefined : text.indexOf('\n', start)),
  );
  if (!match?.[1] || !match[2]) return undefined;
  const value = start + match[1].length;
  return offset < value ? undefined : { start: value, end: value + match[2].length };
}

const blank = (text: string, start: number, end: number): string =>
  text.slice(0, start) + (end - start < 2 ? '_' : "''".padEnd(end - start)) + text.slice(end);

function locate(error: YAMLError, document: Parse): YamlFault {
  const fault = { offset: error.pos[0], message: words(error) };
  if (!error.message.startsWith('Missing closing')) return fault;
  // The parser points to where the text ends; what the reader must look at is the quote that was never closed.
  visit(document, {
    Scalar: (_key, node) => {
      const range: Range | null | undefined = node.range;
      if (
        isScalar(node) &&
        node.type?.startsWith('QUOTE') &&
        range &&
        range[0] < error.pos[0] &&
        error.pos[0] <= range[1]
      )
        fault.offset = range[0];
    },
  });
  return fault;
}

function warnings(document: Parse): YamlFault[] {
  const faults = document.warnings.map((warning) => ({ offset: warning.pos[0], message: words(warning) }));
  const { explicit, version } = document.directives.yaml;
  if (explicit && version === '1.1') faults.push({ offset: 0, message: WORDS.BAD_DIRECTIVE ?? '' });
  return faults;
}

// The parser's own messages quote the text, which may be a credential.
const WORDS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'YAML takes no tab as indentation; use spaces',
  BAD_INDENT:
    'wrong indentation: the keys of one mapping begin in the same column, and what is inside of another further right',
  MULTIPLE_DOCS: 'a second document begins here; a configuration file holds one',
  BAD_SCALAR_START: 'a value cannot begin with this sign; put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'YAML takes this for another key and value; put the value in quotes',
  MULTILINE_IMPLICIT_KEY: 'neither a key nor a value; a line is written `key: value`, with a space after the colon',
  MISSING_CHAR: 'something is missing here: a space, a comma, a bracket or a `: `',
  UNEXPECTED_TOKEN:
    'YAML did not expect this here; put the value in quotes, or see whether a quote, comma or bracket is missing',
  TAG_RESOLVE_FAILED: '`!` begins a YAML tag, and there is none of this name; put the value in quotes',
  BAD_COLLECTION_TYPE: '`!` begins a YAML tag, and this one does not fit what follows; put the value in quotes',
  MULTIPLE_TAGS: '`!` begins a YAML tag, and a value has one at most; put the value in quotes',
  BAD_ALIAS: '`*` begins a YAML alias and `&` an anchor, and this name is not one; put the value in quotes',
  ALIAS_PROPS: 'an alias takes neither a tag nor an anchor; put the value in quotes',
  MULTIPLE_ANCHORS: '`&` begins a YAML anchor, and a value has one at most; put the value in quotes',
  BAD_DIRECTIVE: 'rosterd reads YAML 1.2 and no directives; remove the lines that begin with %',
  BAD_DQ_ESCAPE:
    'a backslash in double quotes begins an escape, and this is none; use single quotes, or two backslashes',
  KEY_OVER_1024_CHARS: 'a key of more than 1,024 characters; is a quote missing above?',
  RESOURCE_EXHAUSTION: 'nested too deeply',
};

function words({ code, message }: YAMLError): string {
  if (message.startsWith('Missing closing')) return 'this quote is never closed';
  if (message.startsWith('Implicit map keys need')) return WORDS.MULTILINE_IMPLICIT_KEY ?? '';
  if (message.includes('call stack')) return WORDS.RESOURCE_EXHAUSTION ?? '';
  if (message.startsWith('Not a YAML token') || message.startsWith('Block scalar header includes'))
    return 'what | or > introduces begins on the next line';
  return WORDS[code] ?? 'not valid YAML';
}
