import { json, type Reply } from '../reply.ts';

/** status, OAuth error (RFC 6749, section 5.2) and text by AADSTS number (learn.microsoft.com/entra/identity-platform/reference-error-codes). */
const table = {
  50027: [400, 'invalid_request', 'JWT token is invalid or malformed.'],
  53003: [
    400,
    'invalid_grant',
    'Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.',
  ],
  70003: [400, 'unsupported_grant_type', "The app requested an unsupported grant type '{1}'."],
  70011: [
    400,
    'invalid_scope',
    "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {1} is not valid.",
  ],
  90002: [
    400,
    'invalid_request',
    "Tenant '{1}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
  ],
  500011: [
    400,
    'invalid_resource',
    'The resource principal named {1} was not found in the tenant named {2}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.',
  ],
  700016: [
    400,
    'unauthorized_client',
    "Application with identifier '{1}' was not found in the directory '{2}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
  ],
  700021: [401, 'invalid_client', 'Client assertion application identifier does not match the client_id parameter.'],
  700023: [401, 'invalid_client', 'Client assertion audience claim does not match Realm issuer.'],
  700024: [401, 'invalid_client', 'Client assertion is not within its valid time range.'],
  700027: [
    401,
    'invalid_client',
    'The certificate with identifier used to sign the client assertion is not registered on application, or the signature is not valid. [Reason - The key was not found.]',
  ],
  900144: [400, 'invalid_request', "The request body must contain the following parameter: '{1}'."],
  1002012: [
    400,
    'invalid_scope',
    'The provided value for scope {1} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
  ],
  7000215: [
    401,
    'invalid_client',
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{1}'.",
  ],
  7000218: [
    401,
    'invalid_client',
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  ],
  7000222: [
    401,
    'invalid_client',
    "The provided client secret keys for app '{1}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
  ],
} as const satisfies Record<number, readonly [number, string, string]>;

export type LoginError = keyof typeof table;

/** The token endpoint's answer to what it refuses: OAuth's shape, not Graph's. @param ids of the trace, any two UUIDs */
export function loginError(code: LoginError, parts: readonly string[], now: number, ids: [string, string]): Reply {
  const [status, error, text] = table[code];
  const sentence = text.replace('{1}', parts[0] ?? '').replace('{2}', parts[1] ?? '');
  const timestamp = new Date(now).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  const [trace_id, correlation_id] = ids;
  return json(
    status,
    {
      error,
      error_description: `AADSTS${code}: ${sentence} Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id,
      correlation_id,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
    { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' },
  );
}
