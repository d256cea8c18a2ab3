// A process that runs passes from tenants in memory; a line on standard input lets a listing go on.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Connector } from '../../connectors/connector.ts';
import { systemClock } from '../../src/model/clock.ts';
import { Failure } from '../../src/model/failure.ts';
import { runPass } from '../../src/sync/pass.ts';
import { connectorTo, SOURCE, type Tenant } from '../sync/kit.ts';

export interface PassTask {
  directory: string;
  source: string;
  /** One pass each, in this order, `rounds` times over. */
  tenants: Tenant[];
  rounds?: number;
  /** Milliseconds; default a minute. */
  wait?: number;
  /** Prints `listing` in mid-listing and waits for a line. */
  pause?: boolean;
}

const task = JSON.parse(process.argv[2] ?? '{}') as PassTask;
const input = createInterface({ input: process.stdin });
const print = (value: unknown) =>
  process.stdout.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);

function pausing(connector: Connector): Connector {
  return {
    ...connector,
    snapshot: (want, signal) => {
      const listing = connector.snapshot(want, signal);
      async function* items() {
        let waited = false;
        for await (const batch of listing.items) {
          yield batch;
          if (waited) continue;
          waited = true;
          print('listing');
          await once(input, 'line');
        }
      }
      return { ...listing, items: items() };
    },
  };
}

try {
  for (let round = 0; round < (task.rounds ?? 1); round++) {
    for (const tenant of task.tenants) {
      const plain = connectorTo(tenant, task.pause ? { batch: 1 } : {});
      const connector = task.pause ? pausing(plain) : plain;
      const result = await runPass(
        {
          directory: task.directory,
          source: { ...SOURCE, name: task.source, limits: {} },
          sources: ['corp', 'staff', task.source],
          mode: 'full',
          trigger: 'once',
          actor: 'test',
          read: 'full',
          commit: true,
          wait: task.wait ?? 60_000,
          configSha256: 'none',
          version: 'test',
        },
        { connector, clock: systemClock, signal: new AbortController().signal, progress: () => {}, began: () => {} },
      );
      print(result);
    }
  }
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  print({ failure: error.message, code: error.code });
  process.exitCode = error.exit;
}
input.close();
