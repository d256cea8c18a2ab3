import { Failure } from '../../src/model/failure.ts';
import type { Finding, Surroundings } from '../connector.ts';
import { look, refusalOf, TRIES } from '../findings.ts';
import { FetchFailure } from '../http/errors.ts';
import { answerTo, inBatches, type Part } from './batches.ts';
import { expiryOf } from './certificate.ts';
import { fromNow, linkIn, linksElsewhere } from './delta.ts';
import { denies, grant, PERMISSIONS } from './errors.ts';
import type { Asked, Graph } from './graph.ts';
import { askingFor } from './lists.ts';
import { type AzureAdConfig, endpointsOf } from './schema.ts';

/** Looks at everything a pass needs, in the order in which it would fail. What cannot be looked at any more is left out. */
export async function checkTenant(
  graph: Graph,
  config: AzureAdConfig,
  { source, clock }: Surroundings,
  signal: AbortSignal,
): Promise<Finding[]> {
  const at = { source, signal };
  const { login } = endpointsOf(config);
  let failed: Failure | undefined;
  const reachable = await look('reachable', at, async () => {
    failed = await refusalOf(() => graph.signIn(signal, TRIES));
    return `Entra ID answers at ${login}.`;
  });
  if (!reachable.ok) return [reachable];
  const accepted = await look('credentials', at, async () => {
    if (failed) throw failed;
    return `The application "${config.clientId}" of tenant "${config.tenantId}" is accepted.`;
  });
  const certificate = certificateSeen(graph, clock.now());
  if (!accepted.ok) return [reachable, accepted, ...certificate];

  const one = (asked: Asked) => seen(graph, asked, clock, signal);
  const asking = askingFor({ users: [], groups: [] }, config.managers);
  const users = await look('permission to read users', at, async () => {
    await permitted(
      one({ what: 'the users', url: `/users?$select=${asking.users}&$top=1${expanded(asking.expand)}` }),
      config,
      PERMISSIONS.users,
    );
    return `Users may be read (${PERMISSIONS.users}).`;
  });
  const groups = await look('permission to read groups', at, () => groupsSeen(one, config, asking.groups));
  const hidden = hiddenSeen(graph);
  if (!users.ok || !groups.ok) return [reachable, accepted, ...certificate, users, groups, hidden];
  const changes = await look('changes', at, async () => {
    try {
      for (const kind of ['user', 'group'] as const) {
        const link = linkIn(graph, kind, await one(fromNow(kind, asking)));
        if (!graph.isOurs(link)) return `${linksElsewhere(link)} Every pass reads everything.`;
      }
      return 'Graph tells what changed: passes between full ones read only that.';
    } catch (error) {
      // A pass does without, by reading everything each time.
      if (!(error instanceof FetchFailure) || error.code !== 'incomplete') throw error;
      return `Graph does not tell what changed here; every pass reads everything. ${error.message}`;
    }
  });
  return [reachable, accepted, ...certificate, users, groups, hidden, changes];
}

const expanded = (expand: string | undefined): string => (expand ? `&$expand=${expand}` : '');

async function groupsSeen(
  one: (asked: Asked) => Promise<unknown>,
  config: AzureAdConfig,
  select: string,
): Promise<string> {
  const listed = one({ what: 'the groups', url: `/groups?$select=${select}&$top=1` });
  const body = await permitted(listed, config, PERMISSIONS.groups);
  const [some] = Object(body).value ?? [];
  if (typeof some?.id === 'string') {
    const url = `/groups/${encodeURIComponent(some.id)}/members?$select=id&$top=1`;
    await permitted(one({ what: 'the members of groups', url }), config, PERMISSIONS.groups);
  }
  return `Groups and their members may be read (${PERMISSIONS.groups}).`;
}

/** Names the permission, whatever the answer's own words for a refusal are. */
async function permitted(asked: Promise<unknown>, config: AzureAdConfig, permission: string): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof FetchFailure) || error.code !== 'permission') throw error;
    const answer = answerTo(error);
    if (answer && denies(answer)) throw error;
    throw new Failure('permission', `${error.message} ${grant(config, permission)}`);
  }
}

/** Not needed by every tenant, and so never a refusal. */
function hiddenSeen(graph: Graph): Finding {
  const held = graph.holds(PERMISSIONS.hidden);
  const detail =
    held === true
      ? `The members of groups with hidden membership may be read (${PERMISSIONS.hidden}).`
      : `The members of groups with hidden membership may not be read${held === null ? ', as far as is known' : ''}: what was known of them stays. Where there are such groups, add the application permission ${PERMISSIONS.hidden}.`;
  return { what: 'hidden memberships', ok: true, detail };
}

function certificateSeen({ credential }: Graph, now: number): Finding[] {
  if (!credential) return [];
  const soon = expiryOf(credential, now);
  const detail = soon ?? `It is good until ${new Date(credential.expires).toISOString().slice(0, 10)}.`;
  return [{ what: 'certificate', ok: credential.expires > now, detail }];
}

/** One request as a pass would make it, with less patience. */
async function seen(graph: Graph, asked: Asked, clock: Surroundings['clock'], signal: AbortSignal): Promise<unknown> {
  const part: Part<{ body: unknown }> = {
    ...asked,
    attempts: TRIES,
    good: (body) => ({ results: [{ body: graph.pageIn(body, asked.what) && body }] }),
  };
  for await (const [found] of inBatches(graph, [part], clock, signal)) if (found) return found.body;
  throw new Error(`no answer for ${asked.what}`);
}
