import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { found } from './ask.ts';
import { refuse } from './errors.ts';

/** How many requests a batch holds (learn.microsoft.com/graph/json-batching). */
const MOST = 20;
const METHODS = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']);

interface Part {
  id: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  dependsOn: string[];
}

/**
 * POST $batch: every part is answered by itself, and the whole has status 200 whatever became of the parts. The answers
 * come in another order than the requests.
 * @param answer gives one part's answer, given as a request with the headers of the whole
 */
export async function batch(
  request: Received,
  version: string,
  answer: (part: Received) => Promise<Reply>,
): Promise<Reply> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(?:;|$)/i.test(type)) throw refuse.mediaType(type);
  const parts = partsOf(request.body);
  const answers = new Map<string, Reply>();
  for (const part of parts) {
    const failed = part.dependsOn.some((id) => (answers.get(id)?.status ?? 500) >= 400);
    answers.set(
      part.id,
      failed
        ? json(424, { error: { code: 'FailedDependency', message: 'A request that this one depends on failed.' } })
        : await answer(received(request, version, part)),
    );
  }
  const responses = [...answers].reverse().map(([id, reply]) => ({ id, ...written(reply) }));
  return found({ responses });
}

function partsOf(body: string): Part[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw refuse.request('Invalid batch payload format.');
  }
  const requests: unknown = value && typeof value === 'object' && 'requests' in value ? value.requests : null;
  if (!Array.isArray(requests)) throw refuse.request('Invalid batch payload format.');
  if (requests.length === 0) throw refuse.request('A batch needs at least one request step.');
  if (requests.length > MOST)
    throw refuse.request(`Number of batch request steps exceeds the maximum value of ${MOST}.`);
  const parts = requests.map(partOf);
  const ids = new Set(parts.map(({ id }) => id.toLowerCase()));
  if (ids.size !== parts.length) throw refuse.request('Batch request steps must have unique ids.');
  const lost = parts.flatMap(({ dependsOn }) => dependsOn).find((id) => !ids.has(id.toLowerCase()));
  if (lost !== undefined) throw refuse.request(`A batch request step depends on '${lost}', which is none.`);
  return parts;
}

function partOf(value: unknown): Part {
  const given: Record<string, unknown> = value && typeof value === 'object' ? { ...value } : {};
  const { id, method, url, headers, body, dependsOn } = given;
  if (typeof id !== 'string' || id === '') throw refuse.request("A batch request step has no 'id'.");
  if (typeof method !== 'string' || !METHODS.has(method.toUpperCase()))
    throw refuse.request(`The batch request step '${id}' has no 'method' that there is.`);
  if (typeof url !== 'string' || url === '' || /^https?:/i.test(url)) {
    throw refuse.request(`The batch request step '${id}' needs a 'url' below the version, such as /users.`);
  }
  if (/^\/?\$batch\b/i.test(url)) throw refuse.request(`The batch request step '${id}' is a batch itself.`);
  const named = headers && typeof headers === 'object' ? Object.entries(headers) : [];
  const lower = Object.fromEntries(named.map(([name, each]) => [name.toLowerCase(), String(each)]));
  if (body !== undefined && lower['content-type'] === undefined) {
    throw refuse.request(`The batch request step '${id}' has a body and no Content-Type header.`);
  }
  return {
    ...{ id, method: method.toUpperCase(), url, headers: lower, body: body === undefined ? '' : JSON.stringify(body) },
    dependsOn: Array.isArray(dependsOn) ? dependsOn.map(String) : [],
  };
}

function received(request: Received, version: string, { method, url, headers, body }: Part): Received {
  const { pathname, searchParams } = new URL(`http://emulator/${version}/${url.replace(/^\//, '')}`);
  const { authorization, prefer: _, consistencylevel: __, ...rest } = request.headers;
  // The token is that of the whole; what a query needs is said in each part.
  return { method, path: pathname, query: searchParams, headers: { ...rest, authorization, ...headers }, body };
}

/** JSON as it is, anything else in base64, and no answer at all as a gateway's failure. */
function written(reply: Reply): { status: number; headers: Record<string, string>; body: unknown } {
  if (reply.delivery && reply.delivery.how !== 'whole') return { status: 504, headers: {}, body: gatewayTimeout };
  const shown = Object.entries(reply.headers).filter(([name]) => name !== 'content-length');
  const headers = Object.fromEntries(shown.map(([name, value]) => [capitals(name), String(value)]));
  if (reply.body === '') return { status: reply.status, headers, body: null };
  const isJson = headers['Content-Type']?.startsWith('application/json') ?? false;
  return {
    status: reply.status,
    headers,
    body: isJson ? JSON.parse(reply.body) : Buffer.from(reply.body).toString('base64'),
  };
}

const gatewayTimeout = { error: { code: 'GatewayTimeout', message: 'The service did not answer in time.' } };

const capitals = (name: string) =>
  name.startsWith('x-')
    ? name
    : name
        .split('-')
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join('-');
