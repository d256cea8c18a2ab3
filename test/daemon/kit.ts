import { createServer } from 'node:net';
import { Site } from '../cli/once-kit.ts';
import type { Process } from '../directory/processes.ts';

export interface Line {
  msg: string;
  source?: string;
  level: number;
  [key: string]: unknown;
}

/** A daemon in a process of its own, and what it logged. */
export class Daemon implements AsyncDisposable {
  readonly process: Process;
  readonly url: string;

  constructor(site: Site, port: number, ...args: string[]) {
    this.url = `http://127.0.0.1:${port}`;
    this.process = site.start(...args);
  }

  lines(): Line[] {
    return this.process
      .err()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line);
  }

  /** Waits for so many lines whose message matches, and gives the last of them. */
  async says(pattern: RegExp, times = 1): Promise<Line> {
    for (let tries = 0; tries < 1500; tries++) {
      const found = this.lines().filter(({ msg }) => pattern.test(msg));
      const last = found[times - 1];
      if (last) return last;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the daemon never said ${pattern} ${times} times:\n${this.process.err()}`);
  }

  async get(path: string): Promise<{ status: number; body: string }> {
    const response = await fetch(this.url + path);
    return { status: response.status, body: (await response.text()).trim() };
  }

  /** The value of a metric, by its name and labels as they stand in the text. */
  async metric(name: string): Promise<string | undefined> {
    const { body } = await this.get('/metrics');
    return body
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length)
      .trim();
  }

  /** Ends it as an operator does, and gives its exit status. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.child.kill(signal);
    return (await this.process.ended).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** A schedule that never comes while a test runs. */
export const SELDOM = 'schedule: "0 0 1 1 *"';

/** Sources with two people each, and a configuration of a daemon for them. */
export async function world(head = SELDOM, ...names: string[]): Promise<{ site: Site; port: number }> {
  const sources = names.length > 0 ? names : ['staff'];
  const site = await Site.of(...sources);
  for (const source of sources) site.fill(source, `${source}-ada`, `${source}-bob`);
  const port = await freePort();
  site.head = `log: { level: debug, format: json }\nhttp: { listen: "127.0.0.1:${port}", token: sesame }\n${head}`;
  site.configure();
  return { site, port };
}
