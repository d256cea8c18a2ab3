import fc from 'fast-check';
import { type OrgGroup, statuses } from '../../emulators/okta/kinds.ts';
import type { Org } from '../../emulators/okta/org.ts';

/** One edit of an org: what, and numbers that choose whom; one that makes no sense as things are does nothing. */
export interface Edit {
  what: keyof typeof EDITS;
  a: number;
  b: number;
}

const TYPES = ['OKTA_GROUP', 'APP_GROUP', 'BUILT_IN'] as const;
let joiners = 0;

const pick = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(1, from.length)];
/** Everyone is who there is, and cannot be edited. */
const editable = (org: Org): OrgGroup[] => org.groups().filter((group) => group !== org.everyone);

const EDITS = {
  addUser: (org: Org, a: number) => {
    const lastName = ['Berg', 'Dahl', 'Vik'][a % 3];
    org.addUser({ login: `joiner.${++joiners}@acme.example`, ...(lastName ? { lastName } : {}) });
  },
  rename: (org: Org, a: number) => {
    const user = pick(org.users(), a);
    if (user) org.editProfile(user, { login: `renamed.${++joiners}@acme.example` });
  },
  editUser: (org: Org, a: number, b: number) => {
    const user = pick(org.users(), a);
    if (user) org.editProfile(user, { title: pick(['Cook', 'Pilot', null], b) ?? null });
  },
  setStatus: (org: Org, a: number, b: number) => {
    const [user, status] = [pick(org.users(), a), pick(statuses, b)];
    if (user && status) org.setStatus(user, status);
  },
  setManager: (org: Org, a: number, b: number) => {
    const [user, manager] = [pick(org.users(), a), pick(org.users(), b)];
    if (user && manager) org.editProfile(user, { managerId: manager.id });
  },
  deleteUser: (org: Org, a: number) => {
    const user = pick(org.users(), a);
    if (user) org.deactivateAndDelete(user);
  },
  addGroup: (org: Org, a: number) => {
    org.addGroup({ name: `Group ${++joiners}`, type: pick(TYPES, a) ?? 'OKTA_GROUP' });
  },
  editGroup: (org: Org, a: number, b: number) => {
    const group = pick(editable(org), a);
    if (group) org.editGroup(group, { description: `described ${b % 3}` });
  },
  removeGroup: (org: Org, a: number) => {
    const group = pick(editable(org), a);
    if (group) org.removeGroup(group);
  },
  join: (org: Org, a: number, b: number) => {
    const [group, user] = [pick(editable(org), a), pick(org.users(), b)];
    if (group && user) org.join(user, group);
  },
  leave: (org: Org, a: number, b: number) => {
    const group = pick(editable(org), a);
    const user = group && pick(org.membersOf(group), b);
    if (group && user) org.leave(user, group);
  },
};

export const edit: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom(...(Object.keys(EDITS) as Edit['what'][])),
  a: fc.nat(1000),
  b: fc.nat(1000),
});

export const apply = (org: Org, { what, a, b }: Edit): void => EDITS[what](org, a, b);
