import type { ZodObject, z } from 'zod';
import type { Clock } from '../src/model/clock.ts';
import type { Member, SourceGroup } from '../src/model/group.ts';
import type { Cursor, Found, Listing, Want } from '../src/model/snapshot.ts';
import type { SourceUser } from '../src/model/user.ts';
import type { Usage } from './http/http.ts';

/** One thing that a connector's check looked at. */
export interface Finding {
  /** A short name of what was checked, such as `credentials`, `permission to read users`. */
  what: string;
  ok: boolean;
  /** What was seen; where not ok, also what to do now. A whole sentence. */
  detail: string;
}

/**
 * What reads one kind of identity provider. Everything it does ends at once, with the signal's reason, when the signal
 * aborts. It throws the failures of connectors/http/errors.ts; a message names the source and says what to do.
 */
export interface Connector {
  /** Which tenant this reads, for people: a URL or an id; holds no secret. */
  readonly tenant: string;
  /** Looks at credentials and every permission that a pass needs; changes nothing. Says so, rather than throws. */
  check(signal: AbortSignal): Promise<Finding[]>;
  /**
   * Walks every user, group and direct membership. What is not listed has vanished.
   * @param last where an earlier listing left off, for connectors that can tell by it that credentials see less than
   * before; null where there is none, or an operator asked for a full listing whatever was before
   */
  snapshot(want: Want, signal: AbortSignal, last?: Cursor | null): Listing;
  /**
   * Walks what changed since, whole records only. Its `absence` says whether whoever is not listed is unchanged, or has
   * vanished since everybody is listed but for members of groups in which nobody joined or left. Absent where the
   * provider has none.
   */
  changes?(since: Cursor, want: Want, signal: AbortSignal): Promise<Listing | 'expired'>;
  /** Reads users by id, one answer for each id, in any order. A failure for one id is `unknown`, never an exception. */
  readUsers(ids: readonly string[], want: Want, signal: AbortSignal): AsyncIterable<Found<SourceUser>>;
  /** The same for groups, without their members. */
  readGroups(ids: readonly string[], want: Want, signal: AbortSignal): AsyncIterable<Found<SourceGroup>>;
  /**
   * Reads the direct members of groups by id, whole lists; asked for a group whose list came back empty though it had
   * members. One answer for each id, as above.
   */
  readMembers(ids: readonly string[], signal: AbortSignal): AsyncIterable<Found<readonly Member[]>>;
  /** How many requests went out so far, retries and token requests included. */
  requests(): number;
  /** The same by the status of their answers, and how long they waited because they were asked to. */
  usage?(): Usage;
  /** When the credential ends, in ms since 1970, where it says so itself. */
  readonly credentialExpires?: number;
  /** Closes idle connections. */
  close(): Promise<void>;
}

/** What a connector is given beside its own part of the configuration file. */
export interface Surroundings {
  /** The source's name, for messages. */
  source: string;
  clock: Clock;
  /** Where relative paths of the configuration file start. */
  folder: string;
  /** Certificates to trust beside Node's own, PEM; from the key `caFile`. */
  ca?: string;
  /** HTTPS_PROXY, HTTP_PROXY and NO_PROXY are read from here. */
  env: Readonly<Record<string, string | undefined>>;
  /** Log lines about single requests: retries, waits, throttling. Never holds a secret. */
  log: { debug(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** One kind of identity provider: the shape of its part of the file, and the code that reads it, loaded when used. */
export interface ConnectorType<Schema extends ZodObject = ZodObject> {
  /** The keys of its own; `name`, `type` and what every source has are added by src/config. */
  schema: Schema;
  load(): Promise<(config: z.infer<Schema>, surroundings: Surroundings) => Connector>;
}
