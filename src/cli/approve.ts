import { connectorTypes } from '../../connectors/registry.ts';
import { loadConfig, openSecrets } from '../config/load.ts';
import { openToLook } from '../directory/open.ts';
import { Failure } from '../model/failure.ts';
import { actor } from './actor.ts';
import type { Io } from './io.ts';
import { exitStatus, printerFor } from './once.ts';
import { approveOne } from './passes.ts';
import { cancellable } from './signals.ts';

export interface ApproveOptions {
  config?: string;
  json?: boolean;
  all?: boolean;
  reason?: string;
  by?: string;
  /** Milliseconds. */
  wait: number;
}

const PLANS = `SELECT s.name, b.plan_id AS plan FROM blocked b JOIN sources s ON s.id = b.source_id ORDER BY s.name`;

/**
 * Lets one blocked plan happen, once: looks up by id who is missing, then applies exactly the removals that were in the
 * plan. Gives the exit status: 0, 1 where the provider did not answer, 5 where the plan no longer fits.
 */
export async function approve(plan: string, options: ApproveOptions, io: Io): Promise<number> {
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
  const source = sourceOf(config.directory, plan);
  if (!config.sources.some(({ name }) => name === source)) {
    throw new Failure(
      'usage',
      `Plan ${plan} is of source \`${source}\`, which ${config.file} does not name. Put it back into the file first.`,
      { exit: 2 },
    );
  }
  openSecrets(config, [source]);
  const approval = { plan, reason: options.reason ?? null };
  const asked = { approval, actor: actor(options.by, io), wait: options.wait };
  const result = await cancellable((signal) => approveOne(config, source, asked, io, signal));
  const printer = printerFor(options, io, false);
  printer.pass(result);
  printer.end();
  return exitStatus([result], false);
}

function sourceOf(directory: string, plan: string): string {
  const db = openToLook(directory);
  try {
    const plans = db.prepare<[], { name: string; plan: string }>(PLANS).all();
    const found = plans.find((one) => one.plan === plan.trim().toLowerCase());
    if (found) return found.name;
    const others = plans.map(({ name, plan: id }) => `${id} (${name})`).join(', ');
    throw new Failure(
      'usage',
      `No plan ${plan} is waiting for an approval. ${others === '' ? 'None is.' : `Waiting: ${others}.`}`,
      { exit: 2 },
    );
  } finally {
    db.close();
  }
}
