import type { Reply } from '../reply.ts';
import { type Ask, found } from './ask.ts';
import { allow } from './holders.ts';
import { written } from './kinds.ts';
import type { Org } from './org.ts';
import { queryOf } from './query.ts';

/** GET org: needs the scope `okta.orgs.read`, which a reader of people has no use for otherwise. */
export function orgSettings(ask: Ask): Reply {
  allow(ask.holder, 'orgs', ask.path, ask.origin);
  queryOf(ask, [], { usual: 1, most: 1 });
  const { org, origin } = ask;
  const at = written(org.everyone.created);
  const link = (path: string) => ({ href: `${origin}/api/v1/org/${path}` });
  return found({
    id: org.id,
    subdomain: 'acme',
    companyName: 'Acme',
    status: 'ACTIVE',
    expiresAt: null,
    created: at,
    lastUpdated: at,
    website: null,
    phoneNumber: null,
    _links: {
      preferences: link('preferences'),
      uploadLogo: { ...link('logo'), hints: { allow: ['POST'] } },
      oktaCommunication: link('privacy/oktaCommunication'),
      oktaSupport: link('privacy/oktaSupport'),
      contacts: link('contacts'),
    },
  });
}

/** GET /.well-known/okta-organization: for anybody, without a token. */
export const wellKnown = (org: Org, origin: string): Reply =>
  found({
    id: org.id,
    pipeline: 'idx',
    _links: { organization: { href: origin } },
    settings: { analyticsCollectionEnabled: true, bugReportingEnabled: true, omEnabled: true },
  });
