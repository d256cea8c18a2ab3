import { type Document, type ParsedNode, parseDocument, visit, type YAMLError } from 'yaml';
import { DIRECTIVE, yamlWords } from './yaml-words.ts';

/** What YAML makes of a text. */
export interface Parsed {
  contents: ParsedNode | null;
  /** Where each alias leads, by the alias's node. */
  anchors: ReadonlyMap<object, ParsedNode>;
  /** What is wrong, beside the values below. */
  errors: readonly YamlFault[];
  /** Values that YAML could not read, by the offset of the value; each was taken as an empty text. */
  broken: ReadonlyMap<number, YamlFault>;
  /** Whether lines had to be left out, so that what is missing may stand in one of them. */
  incomplete: boolean;
  /** From this offset on nothing of the tree can be relied upon. */
  unreliableFrom: number;
}

export interface YamlFault {
  offset: number;
  message: string;
}

interface Repair {
  text: string;
  value?: number;
  end: number;
}

type Parse = Document.Parsed<ParsedNode>;

const REPAIRS = 50;
const ONE_LINE = /^([ \t]*(?:- +)*(?:[\w.-]+|"[^"]*"|'[^']*')[ \t]*:[ \t]+)([^ \t\r\n#][^\r\n]*)/;

/**
 * Parses one YAML 1.2 document. A line that YAML cannot read is set aside and the rest parsed again, so that every fault
 * of a file is found in one go. Unquoted references may stand inside of `{ }` and `[ ]`.
 */
export function parseYaml(text: string): Parsed {
  const broken = new Map<number, YamlFault>();
  const setAside: YamlFault[] = [];
  /** Where the last line that was set aside ends. */
  let lastEnd: number | undefined;
  let masked = maskReferences(text);
  for (let repairs = 0; ; repairs++) {
    const document = parseDocument(masked, {
      version: '1.2',
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
    const anchors = resolveAliases(document);
    const first = document.errors[0];
    const fault = first && locate(first, document);
    const repaired = first && fault && repairs < REPAIRS ? repair(masked, first, fault) : undefined;
    if (fault && repaired) {
      masked = repaired.text;
      if (repaired.value !== undefined) broken.set(repaired.value, fault);
      // Of lines that follow each other, such as those of a key that is not indented, the first says enough.
      else if (lastEnd === undefined || text.slice(lastEnd, fault.offset).trim() !== '') setAside.push(fault);
      if (repaired.value === undefined) lastEnd = repaired.end;
      continue;
    }
    return {
      contents: document.contents,
      anchors,
      errors: [...setAside, ...(fault ? [fault] : []), ...warnings(document)],
      broken,
      incomplete: setAside.length > 0 || fault !== undefined,
      unreliableFrom: fault?.offset ?? Number.POSITIVE_INFINITY,
    };
  }
}

// In a flow collection a brace ends a plain text. Signs of the private use area do not, and leave every offset as it is.
const OPEN = '\uE000';
const CLOSE = '\uE001';
const maskReferences = (text: string): string => text.replaceAll(/\$\{([^{}\n]*)\}/g, `$${OPEN}$1${CLOSE}`);

/** Gives a text of the tree as it stands in the file. */
export const unmask = (text: string): string => text.replaceAll(/\$\uE000([^{}\n\uE001]*)\uE001/g, '$${$1}');

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

function locate(error: YAMLError, document: Parse): YamlFault {
  const fault = { offset: error.pos[0], message: yamlWords(error) };
  if (!error.message.startsWith('Missing closing')) return fault;
  // The parser points to where the text ends; what the reader must look at is the quote that was never closed.
  visit(document, {
    Scalar: (_key, { type, range }) => {
      if (type?.startsWith('QUOTE') && range && range[0] < error.pos[0] && error.pos[0] <= range[1])
        fault.offset = range[0];
    },
  });
  return fault;
}

/** The text, every offset kept, without what caused the error: a value that begins at `value`, or a line up to `end`. */
function repair(text: string, error: YAMLError, { offset }: YamlFault): Repair | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const end = newline === -1 ? text.length : newline;
  const line = text.slice(start, end);
  const replace = (from: number, until: number, by: string) =>
    text.slice(0, from) + by.padEnd(until - from) + text.slice(until);

  const [, key, taken] = ONE_LINE.exec(line) ?? [];
  const value = start + (key?.length ?? 0);
  if (key && taken && offset >= value && !/^(''|_)\s*$/.test(taken)) {
    const until = value + taken.length;
    return { text: replace(value, until, taken.length < 2 ? '_' : "''"), value, end };
  }
  if (error.code === 'TAB_AS_INDENT') {
    const indent = /^\s*/.exec(line)?.[0].length ?? 0;
    return indent > 0 && line.includes('\t') ? { text: replace(start, start + indent, ''), end } : undefined;
  }
  const isLoose = error.code === 'MULTILINE_IMPLICIT_KEY' || error.message.startsWith('Implicit map keys need');
  return isLoose && end > offset ? { text: replace(offset, end, '#'), end } : undefined;
}

function warnings(document: Parse): YamlFault[] {
  const faults = document.warnings.map((warning) => ({ offset: warning.pos[0], message: yamlWords(warning) }));
  const { explicit, version } = document.directives.yaml;
  return explicit && version === '1.1' ? [{ offset: 0, message: DIRECTIVE }, ...faults] : faults;
}
