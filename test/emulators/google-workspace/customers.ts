import type { admin_directory_v1 as vendor } from '@googleapis/admin';
import type { Reply } from '../reply.ts';
import { type Ask, checkCustomer, found, may } from './ask.ts';
import { refuse } from './errors.ts';
import { etagOf } from './represent.ts';

const CREATED = Date.UTC(2020, 0, 1);

/** GET customers/{customerKey}: the account itself. Any administrator may. */
export function oneCustomer(ask: Ask, [key = '']: readonly string[]): Reply {
  if (!may(ask)) throw refuse.forbidden();
  const { customerId, domain, domains } = ask.directory;
  // A domain of the account is a key of it too.
  if (!domains.includes(key.toLowerCase())) checkCustomer(ask, key);
  const customer: vendor.Schema$Customer = {
    kind: 'admin#directory#customer',
    id: customerId,
    etag: etagOf(customerId, 1),
    customerDomain: domain,
    alternateEmail: 'owner@elsewhere.example',
    language: 'en',
    customerCreationTime: new Date(CREATED).toISOString(),
    postalAddress: { organizationName: ask.organisationName, countryCode: 'NO' },
  };
  return found(ask, customer);
}

/** GET customer/{customer}/domains */
export function listDomains(ask: Ask, [key = '']: readonly string[]): Reply {
  if (!may(ask, 'DOMAIN_MANAGEMENT')) throw refuse.forbidden();
  checkCustomer(ask, key);
  const { customerId, domains } = ask.directory;
  const rows = domains.map(
    (domainName, at): vendor.Schema$Domains => ({
      kind: 'admin#directory#domain',
      etag: etagOf(domainName, 1),
      domainName,
      isPrimary: at === 0,
      verified: true,
      creationTime: String(CREATED),
    }),
  );
  return found(ask, {
    kind: 'admin#directory#domains',
    etag: etagOf(customerId, domains.length),
    domains: rows,
  });
}
