import { expect, onTestFinished } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import type { PassRequest, PassResult } from '../../src/model/pass.ts';
import { type KeycloakWorld, keycloakWorld } from '../connectors/keycloak/world.ts';
import { company } from '../emulators/company.ts';
import type { KeycloakOptions } from '../emulators/keycloak/keycloak.ts';
import { loadOrganisation } from '../emulators/keycloak/load.ts';
import { Directory, SOURCE, shown } from '../sync/kit.ts';

export const USERS = /\/users\/?$/;
export const COUNT_USERS = /\/users\/count$/;
export const ONE_USER = /\/company\/users\/[0-9a-f-]{36}$/;
export const GROUPS = /\/groups\/?$/;
export const COUNT_GROUPS = /\/groups\/count$/;
export const MEMBERS = /\/members$/;
export const always = { times: Number.POSITIVE_INFINITY };

/** An emulated Keycloak, the real connector on it, and a directory that real passes keep, under the default limits. */
export interface World extends KeycloakWorld {
  directory: Directory;
  pass(request?: Partial<PassRequest>): Promise<PassResult>;
  /** What applications see: people, groups, memberships and nesting. */
  shown(): ReturnType<typeof shown>;
  /** The same with the ids of accounts and groups: nobody was made anew. */
  whole(): unknown;
  problems(): string[];
}

/** A world of the invented company, imported; or of whatever is put into the realm first. */
export async function world(options: KeycloakOptions & { fill?: (world: KeycloakWorld) => void } = {}): Promise<World> {
  const { fill, ...rest } = options;
  const keycloak = await keycloakWorld(rest);
  if (fill) fill(keycloak);
  else loadOrganisation(keycloak.emulator.realm, company);
  const directory = new Directory();
  onTestFinished(() => directory[Symbol.dispose]());
  const source = { ...SOURCE, name: 'partners', type: 'keycloak', limits: DEFAULT_LIMITS };
  const pass = (request: Partial<PassRequest> = {}) =>
    directory.run(keycloak.connector, 'partners', { source, ...request });
  const imported = await pass();
  expect(imported.outcome).toBe('ok');
  keycloak.emulator.requests.length = 0;
  return {
    ...keycloak,
    directory,
    pass,
    shown: () => shown(directory),
    whole: () =>
      ['v1_users', 'v1_groups', 'v1_memberships', 'v1_group_nesting'].map((view) =>
        directory.rows(`SELECT * FROM ${view} ORDER BY 1, 2`),
      ),
    problems: () =>
      directory
        .rows<{ text: string }>("SELECT kind || ': ' || detail AS text FROM v1_problems ORDER BY 1")
        .map(({ text }) => text),
  };
}

/** Lets something happen that must change nothing; afterwards the provider is whole, and a pass finds nothing to do. */
export async function unharmed(
  { directory, pass, whole, emulator }: World,
  during: () => Promise<Partial<PassResult> | RegExp>,
): Promise<PassResult> {
  const before = whole();
  const expected = await during();
  const result = await pass();
  if (expected instanceof RegExp) expect(`${result.outcome} ${result.code}`).toMatch(expected);
  else expect(result).toMatchObject(expected);
  expect(whole()).toEqual(before);
  expect(directory.rows('SELECT 1 FROM v1_changes WHERE run_id = ?', result.runId)).toEqual([]);
  emulator.faults.clear();
  expect(await pass()).toMatchObject({ outcome: 'unchanged', blocked: null });
  expect(whole()).toEqual(before);
  return result;
}
