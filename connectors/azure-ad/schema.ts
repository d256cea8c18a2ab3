import { z } from 'zod';
import { Secret } from '../../src/model/secret.ts';
import { address } from '../address.ts';

/** Microsoft's clouds (learn.microsoft.com/graph/deployments). A tenant is in one of them. */
export const CLOUDS = {
  global: {
    login: 'https://login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    portal: 'https://entra.microsoft.com',
  },
  usgov: {
    login: 'https://login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    portal: 'https://entra.microsoft.us',
  },
  'usgov-dod': {
    login: 'https://login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    portal: 'https://entra.microsoft.us',
  },
  china: {
    login: 'https://login.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    portal: 'https://portal.azure.cn',
  },
} as const;

const certificate = z
  .strictObject({
    path: z.string().min(1).describe('The certificate (PEM); its private key may stand in the same file'),
    privateKeyPath: z.string().min(1).optional().describe('The private key (PEM), if it is in a file of its own'),
    passphrase: z.instanceof(Secret).optional().describe('Of an encrypted private key'),
    thumbprint: z
      .string()
      .regex(/^[0-9a-f]{2}(?:[: ]?[0-9a-f]{2})*$/i, {
        error: 'expected the SHA-1 or SHA-256 thumbprint in hexadecimal, as the portal shows it',
      })
      .optional()
      .describe('Of the certificate, SHA-1 or SHA-256, to be sure that the file holds the right one'),
  })
  .describe('Instead of clientSecret: a certificate that was uploaded to the application');

const endpoints = z
  .strictObject({
    login: address({ loopback: false, why: "Microsoft's own library for signing in speaks nothing else" })
      .optional()
      .describe('Instead of https://login.microsoftonline.com'),
    graph: address({ loopback: true, why: 'access tokens go there' })
      .optional()
      .describe('Instead of https://graph.microsoft.com'),
  })
  .describe('Other addresses than those of the cloud, for a proxy or an emulator');

/** The keys of a source of type `azure-ad`. */
export const azureAdSchema = z
  .strictObject({
    tenantId: z
      .string()
      .regex(/^[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?$/, {
        error: 'expected the directory (tenant) id, such as `7d1c0a52-…`, or a domain of the tenant',
      })
      .refine((id) => !/^(?:common|organizations|consumers)$/i.test(id), {
        error: 'this names no single tenant: write the directory (tenant) id, or a domain of the tenant',
      })
      .describe('The directory (tenant) id, or a domain of the tenant'),
    clientId: z.string().min(1).describe('The application (client) id of the registered application'),
    clientSecret: z.instanceof(Secret).optional().describe('The value of a client secret of that application'),
    certificate: certificate.optional(),
    cloud: z
      .enum(['global', 'usgov', 'usgov-dod', 'china'])
      .default('global')
      .describe('global; usgov: US Government L4 (GCC High); usgov-dod: L5; china: operated by 21Vianet'),
    endpoints: endpoints.optional(),
    managers: z
      .boolean()
      .default(true)
      .describe('Whether managers are read; without them a full pass asks for a tenth as many pages of users'),
  })
  .superRefine(({ clientSecret, certificate }, context) => {
    if (clientSecret === undefined && certificate === undefined) {
      const message = 'a credential is missing: write `clientSecret`, or `certificate`';
      context.addIssue({ code: 'custom', message });
    } else if (clientSecret !== undefined && certificate !== undefined) {
      const message = 'one credential is enough: remove `clientSecret`, or `certificate`';
      context.addIssue({ code: 'custom', path: ['certificate'], message });
    }
  });

export type AzureAdConfig = z.infer<typeof azureAdSchema>;

/** Where a source signs in and reads, without a slash at the end. */
export function endpointsOf({ cloud, endpoints }: Pick<AzureAdConfig, 'cloud' | 'endpoints'>) {
  const known = CLOUDS[cloud];
  const plain = (address: string) => address.replace(/\/+$/, '');
  return {
    login: plain(endpoints?.login ?? known.login),
    graph: plain(endpoints?.graph ?? known.graph),
    portal: known.portal,
  };
}
