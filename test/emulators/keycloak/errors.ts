import { json, type Reply } from '../reply.ts';

/** The vendor's answers to what it refuses, as a server of version 26.7 gives them. */
export const refused = {
  unauthorized: () => json(401, { error: 'HTTP 401 Unauthorized' }),
  forbidden: () => json(403, { error: 'HTTP 403 Forbidden' }),
  notFound: () => json(404, { error: 'HTTP 404 Not Found' }),
  noMethod: () => json(405, { error: 'HTTP 405 Method Not Allowed' }),
  noResource: () => json(404, { error: 'Unable to find matching target resource method' }),
  noRealm: () => json(404, { error: 'Realm not found.' }),
  noTokenRealm: () => json(404, { error: 'Realm does not exist' }),
  noUser: () => json(404, { error: 'User not found' }),
  noGroup: () => json(404, { error: 'Could not find group by id' }),
} satisfies Record<string, () => Reply>;

/** Thrown where an answer is found out deep inside; the endpoint answers with it. */
export class Refusal extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(reply.body);
    this.reply = reply;
  }
}
