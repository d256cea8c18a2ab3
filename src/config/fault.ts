import { Failure } from '../model/failure.ts';

/** One thing that is wrong with a configuration file. */
export interface Fault {
  /** The file as the operator named it; `<stdin>` for standard input. */
  file: string;
  /** From 1; null where the whole file is meant. */
  line: number | null;
  /** From 1, in UTF-16 units; null where the whole file is meant. */
  column: number | null;
  /** Such as `sources[0].clientSecret`; empty where no key is meant. */
  path: string;
  /** A stable word for programs. */
  code: FaultCode;
  /** What is wrong, what was expected, what to do. Never holds the value of a credential. */
  message: string;
  /** The line with a mark below the column, credentials hidden; null where no line is meant. */
  excerpt: string | null;
}

export type FaultCode =
  | 'file'
  | 'encoding'
  | 'yaml'
  | 'expression'
  | 'rule'
  | 'duplicate-key'
  | 'unknown-key'
  | 'missing'
  | 'type'
  | 'value'
  | 'name'
  | 'reference'
  | 'secret'
  | 'test';

/** What is wrong with the configuration file, all of it; `message` is the text for people. Exit status 2. */
export class ConfigurationError extends Failure {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[], options: { cause?: unknown } = {}) {
    super('configuration', faultsText(faults), { ...options, exit: 2 });
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

/** The faults as people read them, and how many there are. */
export function faultsText(faults: readonly Fault[]): string {
  const count = faults.length > 1 ? [`${faults[0]?.file}: ${faults.length} faults`] : [];
  return [...faults.map(faultText), ...count].join('\n');
}

/** One of them, as people read it. */
export function faultText(fault: Fault): string {
  const place = [fault.file, fault.line, fault.column].filter((part) => part !== null).join(':');
  const head = [place, fault.path, fault.message].filter((part) => part !== '').join(': ');
  return fault.excerpt === null ? head : `${head}\n${fault.excerpt}`;
}
