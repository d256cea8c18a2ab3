import fc from 'fast-check';
import type { TenantGroup, TenantObject } from '../../emulators/azure-ad/kinds.ts';
import type { Tenant } from '../../emulators/azure-ad/tenant.ts';

/** One edit of a tenant: what, and numbers that choose whom; one that makes no sense as things are does nothing. */
export interface Edit {
  what: keyof typeof EDITS;
  a: number;
  b: number;
}

const TYPES = ['security', 'mailSecurity', 'distribution', 'microsoft365', 'dynamic'] as const;
let joiners = 0;

const pick = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(1, from.length)];
const gone = (tenant: Tenant, kind: 'user' | 'group') => tenant.deletedItems(kind);

const EDITS = {
  addUser: (tenant: Tenant, a: number) => {
    const surname = ['Berg', 'Dahl', 'Vik'][a % 3];
    tenant.addUser({ userPrincipalName: `joiner.${++joiners}@${tenant.domain}`, ...(surname ? { surname } : {}) });
  },
  rename: (tenant: Tenant, a: number) => {
    const user = pick(tenant.users(), a);
    if (user) tenant.editUser(user, { userPrincipalName: `renamed.${++joiners}@${tenant.domain}` });
  },
  editUser: (tenant: Tenant, a: number, b: number) => {
    const user = pick(tenant.users(), a);
    if (user) tenant.editUser(user, { jobTitle: pick(['Cook', 'Pilot', null], b) ?? null });
  },
  disable: (tenant: Tenant, a: number, b: number) => {
    const user = pick(tenant.users(), a);
    if (user) tenant.editUser(user, { accountEnabled: b % 2 === 0 });
  },
  removeUser: (tenant: Tenant, a: number) => {
    const user = pick(tenant.users(), a);
    if (user) tenant.removeUser(user);
  },
  restoreUser: (tenant: Tenant, a: number) => {
    const user = pick(gone(tenant, 'user'), a);
    if (user) tenant.restoreUser(user as Parameters<Tenant['restoreUser']>[0]);
  },
  purgeUser: (tenant: Tenant, a: number) => {
    const user = pick(gone(tenant, 'user'), a);
    if (user) tenant.purge(user);
  },
  setManager: (tenant: Tenant, a: number, b: number) => {
    const [user, manager] = [pick(tenant.users(), a), pick(tenant.users(), b)];
    if (user && manager) tenant.setManager(user, user === manager ? null : manager);
  },
  addGroup: (tenant: Tenant, a: number) => {
    tenant.addGroup({ displayName: `Group ${++joiners}`, type: pick(TYPES, a) ?? 'security' });
  },
  editGroup: (tenant: Tenant, a: number, b: number) => {
    const group = pick(tenant.groups(), a);
    if (group) tenant.editGroup(group, { description: `described ${b % 3}` });
  },
  removeGroup: (tenant: Tenant, a: number) => {
    const group = pick(tenant.groups(), a);
    if (group) tenant.removeGroup(group);
  },
  restoreGroup: (tenant: Tenant, a: number) => {
    const group = pick(gone(tenant, 'group'), a);
    if (group) tenant.restoreGroup(group as TenantGroup);
  },
  join: (tenant: Tenant, a: number, b: number) => {
    const group = pick(tenant.groups(), a);
    const unified = group?.properties.groupTypes?.includes('Unified');
    const members: readonly TenantObject[] = unified
      ? tenant.users()
      : [...tenant.users(), ...tenant.groups(), ...tenant.list('device')];
    const member = pick(members, b);
    if (group && member) tenant.join(member, group);
  },
  leave: (tenant: Tenant, a: number, b: number) => {
    const group = pick(tenant.groups(), a);
    const member = group && pick(tenant.membersOf(group), b);
    if (group && member) tenant.leave(member, group);
  },
};

export const edit: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom(...(Object.keys(EDITS) as Edit['what'][])),
  a: fc.nat(1000),
  b: fc.nat(1000),
});

export const apply = (tenant: Tenant, { what, a, b }: Edit): void => EDITS[what](tenant, a, b);
