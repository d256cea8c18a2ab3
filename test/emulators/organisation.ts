/** A person of an invented organisation, as any identity provider may hold one. */
export interface Person {
  /** Lower case; unique in the organisation. */
  userName: string;
  givenName: string;
  familyName: string;
  email: string | null;
  title: string | null;
  department: string | null;
  employeeNumber: string | null;
  userType: string | null;
  /** The manager's user name. */
  manager: string | null;
  phoneNumber: string | null;
  locale: string | null;
  active: boolean;
}

/** A group of an organisation with the groups inside it. Where a provider has no nesting, its loader flattens it. */
export interface Unit {
  name: string;
  description: string | null;
  /** User names of the direct members, of service accounts too. */
  members: readonly string[];
  units: readonly Unit[];
}

export interface Organisation {
  name: string;
  /** The domain of its mail addresses; a reserved one (RFC 2606). */
  domain: string;
  people: readonly Person[];
  units: readonly Unit[];
  /** Accounts of programs: they may be members of groups and are nobody. */
  serviceAccounts: readonly string[];
}
