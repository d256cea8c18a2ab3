import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, loadConfig, openSecrets } from '../config/load.ts';
import { openToLook } from '../directory/open.ts';
import { LOCAL } from '../model/local.ts';
import { printable } from '../report/text.ts';
import { deletes, isRemoval } from '../sync/causes.ts';
import { actor } from './actor.ts';
import type { Io } from './io.ts';
import { exitStatus, printerFor } from './once.ts';
import { usage } from './options.ts';
import { approveLocal, approveOne, removeOne } from './passes.ts';
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

const PLANS = `SELECT coalesce(s.name, '${LOCAL}') AS name, coalesce(s.type, '${LOCAL}') AS type, b.plan_id AS id, b.cause
  FROM blocked b LEFT JOIN sources s ON s.id = b.source_id ORDER BY 1`;

/** A plan that waits, and its source; `local` for the rules of local groups. */
interface Waiting {
  name: string;
  type: string;
  id: string;
  cause: string;
}

/**
 * Lets one blocked plan happen, once: looks up by id who is missing, then applies exactly the removals that were in the
 * plan. Gives the exit status: 0, 1 where the provider did not answer, 5 where the plan no longer fits.
 */
export async function approve(plan: string, options: ApproveOptions, io: Io): Promise<number> {
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'leave' });
  const waiting = waitingPlan(config.directory, plan);
  const { name, type, id, cause } = waiting;
  if (name !== LOCAL) mustStand(config, waiting);
  const approval = { plan: id, reason: options.reason ?? null };
  const asked = { approval, actor: actor(options.by, io), wait: options.wait };
  if (name !== LOCAL && !isRemoval(cause)) openSecrets(config, [name]);
  io.toTheEnd?.();
  const result = await cancellable((signal) => {
    if (name === LOCAL) return approveLocal(config, asked, io, signal);
    if (!isRemoval(cause)) return approveOne(config, name, asked, io, signal);
    const removal = { name, type, deletion: deletes(cause), reason: null };
    return removeOne(config, removal, asked, io, signal);
  });
  const printer = printerFor(options, io, false);
  printer.pass(result);
  printer.end();
  if ('failure' in result) io.err.write(`${result.failure.message}\n`);
  return exitStatus([result], false);
}

/** Throws where what the file says of the source now is not what the plan was for. */
function mustStand({ file, sources }: Config, { name, id, cause }: Waiting): void {
  const source = sources.find((one) => one.name === name);
  if (isRemoval(cause)) {
    if (!source) return;
    throw usage(
      `Plan ${id} would remove source \`${name}\`, which ${file} names again. Take it out of the file first; or sync it, and the plan is forgotten.`,
    );
  }
  if (!source) {
    throw usage(
      `Plan ${id} is of source \`${name}\`, which ${file} does not name. Put it back into the file first; or type "rosterd source remove ${name}", if it is to go.`,
    );
  }
  if (source.paused) {
    throw usage(
      `Plan ${id} is of source \`${name}\`, which is paused in ${file}: nothing of it is changed until it is not.`,
    );
  }
}

function waitingPlan(directory: string, plan: string): Waiting {
  const db = openToLook(directory);
  try {
    const plans = db.prepare<[], Waiting>(PLANS).all();
    const found = plans.find(({ id }) => id === plan.trim().toLowerCase());
    if (found) return found;
    const others = plans.map(({ name, id }) => `${id} (${name})`).join(', ');
    throw usage(
      `No plan ${printable(plan)} is waiting for an approval. ${others === '' ? 'None is.' : `Waiting: ${others}.`}`,
    );
  } finally {
    db.close();
  }
}
