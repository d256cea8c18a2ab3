import { type Judge, judgeOf, type Newer, vendorFile } from '../openapi.ts';
import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';

const GROUPS = '/admin/realms/{realm}/groups';

/** The description is of version 26.1; these came later, or are in the server's code only. */
const newer: Newer = {
  parameters: { [GROUPS]: ['subGroupsCount'], [`${GROUPS}/{group-id}/children`]: ['subGroupsCount'] },
  properties: { GroupRepresentation: ['description'] },
};

/** The vendor's OpenAPI document as a judge; null where it is not there. */
export function vendorJudge(): Judge | null {
  const file = vendorFile('keycloak/keycloak-admin-trimmed.json');
  return file === null ? null : judgeOf(file, newer);
}

/** An `onExchange` for the emulator that keeps what the judge says in `faults`. The token endpoint is not described. */
export function keepFaults(judge: Judge, faults: string[]): (request: Received, reply: Reply) => void {
  return ({ method, path, query }, { status, body }) => {
    if (!path.startsWith('/admin/realms/') || path.includes('/attack-detection/')) return;
    faults.push(...judge({ method, path, query, status, body: JSON.parse(body) }));
  };
}
