import { json, type Reply, text } from '../reply.ts';
import type { Received } from '../server.ts';
import { type ServiceAccount, scopes } from './accounts.ts';
import type { Tokens } from './tokens.ts';

const FLAVOR = { 'metadata-flavor': 'Google' };

/**
 * The metadata server of a machine in Google Cloud, under /computeMetadata/v1, which gives tokens of the machine's own
 * service account (cloud.google.com/compute/docs/metadata/overview). Libraries find it by GCE_METADATA_HOST.
 * @param project its id and number
 */
export function metadata(machine: ServiceAccount, tokens: Tokens, project: { id: string; number: string }) {
  return (request: Received): Reply => {
    if (request.headers['metadata-flavor'] !== 'Google') {
      return text(403, 'Missing Metadata-Flavor:Google header.', FLAVOR);
    }
    const path = request.path.replace('/computeMetadata/v1/', '').replace(/\/$/, '');
    const [, who = '', what = ''] = /^instance\/service-accounts\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const mine = who === 'default' || decodeURIComponent(who) === machine.email;
    if (mine && what === 'token') {
      const asked = request.query.get('scopes')?.split(',') ?? [scopes.cloud];
      const { token, lifespan } = tokens.issue(machine, null, asked);
      return json(200, { access_token: token, expires_in: lifespan, token_type: 'Bearer' }, FLAVOR);
    }
    const texts: Readonly<Record<string, string>> = {
      instance: 'service-accounts/',
      'project/project-id': project.id,
      'project/numeric-project-id': project.number,
      'instance/service-accounts': `default/\n${machine.email}/\n`,
      ...(mine ? { [`instance/service-accounts/${who}/email`]: machine.email } : {}),
      ...(mine ? { [`instance/service-accounts/${who}/scopes`]: `${scopes.cloud}\n` } : {}),
    };
    const found = texts[path];
    return found === undefined ? text(404, 'not found', FLAVOR) : text(200, found, FLAVOR);
  };
}
