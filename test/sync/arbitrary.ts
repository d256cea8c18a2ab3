import fc from 'fast-check';
import type { GroupSketch, Tenant, UserSketch } from './kit.ts';

const USERS = ['u0', 'u1', 'u2', 'u3', 'u4', 'ü5', 'U6'];
const GROUPS = ['g0', 'g1', 'g2', 'g3', 'g4'];

const text = fc.option(fc.constantFrom('x', 'y', 'Ärger', '__proto__', '\ud800', 'a\u0000b', '"\\'), { nil: null });

/** A user whose name nobody else ever bears, whatever it is renamed to. */
const userSketch = (id: string): fc.Arbitrary<UserSketch> =>
  fc.record({
    active: fc.constantFrom(true, true, true, false),
    userName: fc.constantFrom(`${id}-name`, `${id}-NAME`, `${id}-other`),
    email: fc.option(fc.constant(`${id}@example.com`), { nil: null }),
    department: text,
    manager: fc.option(fc.oneof(fc.constantFrom(...USERS), fc.constantFrom('u1@example.com', 'U2-NAME', 'nobody')), {
      nil: null,
    }),
  });

const groupSketch = (id: string): fc.Arbitrary<GroupSketch> =>
  fc.record({
    name: fc.constantFrom(`${id}-name`, `${id}-other`),
    description: text,
    members: fc.uniqueArray(
      fc.constantFrom(...USERS, ...GROUPS.map((group) => `@${group}`), '@elsewhere', '#thing', 'stranger', '*'),
      {
        maxLength: 6,
      },
    ),
  });

const some = <T>(
  ids: readonly string[],
  sketch: (id: string) => fc.Arbitrary<T>,
  least: number,
): fc.Arbitrary<Record<string, T>> =>
  fc
    .uniqueArray(fc.constantFrom(...ids), { minLength: least })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((id) => [id, sketch(id)]))));

/** A tenant without name conflicts, neither in itself nor with another one of these. */
export const tenant: fc.Arbitrary<Tenant> = fc.record({
  users: some(USERS, userSketch, 1),
  groups: some(GROUPS, groupSketch, 0),
});

/** A tenant where several people and groups may want one name. */
export const contested: fc.Arbitrary<Tenant> = tenant.chain((base) =>
  fc
    .tuple(
      fc.array(fc.constantFrom('ada', 'Ada', 'bob', 'carol', '')),
      fc.array(fc.constantFrom('team', 'Team', 'staff')),
    )
    .map(([names, groupNames]) => ({
      users: Object.fromEntries(
        Object.entries(base.users).map(([id, user], at) => [
          id,
          at < names.length ? { ...user, userName: names[at] ?? null } : user,
        ]),
      ),
      groups: Object.fromEntries(
        Object.entries(base.groups ?? {}).map(([id, group], at) => [
          id,
          at < groupNames.length ? { ...group, name: groupNames[at] ?? id } : group,
        ]),
      ),
    })),
);
