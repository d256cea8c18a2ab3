/**
 * A failure that rosterd foresaw. `message` is a whole sentence for the operator: what happened, to which source, file
 * or line, and what to do now. `code` is a stable word for programs. The command line turns `exit` into its status.
 */
export class Failure extends Error {
  readonly code: string;
  readonly exit: 1 | 2 | 5;

  constructor(code: string, message: string, options: { cause?: unknown; exit?: 1 | 2 | 5 } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.exit = options.exit ?? 1;
  }
}
