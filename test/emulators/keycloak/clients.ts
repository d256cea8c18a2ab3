import type { Random } from '../random.ts';
import type { Realm } from './realm.ts';
import type { Role } from './rights.ts';

/** A client of the emulated server. Tests may change it while the server runs. */
export interface Client {
  clientId: string;
  secret: string;
  /** The realm it lives in. */
  realm: string;
  enabled: boolean;
  /** A public client has no secret and no service account. */
  public: boolean;
  serviceAccounts: boolean;
  /** What its service account may do in the emulated realm. Looked at in every request, as the vendor does. */
  roles: Set<Role>;
}

export type NewClient = Partial<Client> & { clientId: string };

export interface Clients {
  /** By default a confidential client of the emulated realm, with a service account and without a role. */
  add(client: NewClient): Client;
  find(realm: string, clientId: string | null): Client | undefined;
  /** The id of the client's service account: a user of the realm the client lives in. */
  accountOf(client: Client): string;
}

export function clientsOf(realmName: string, realm: Realm, random: Random): Clients {
  const accounts = new Map<Client, string>();
  return {
    add: (wanted) => {
      const client: Client = {
        secret: 'emulated-secret',
        realm: realmName,
        enabled: true,
        public: false,
        serviceAccounts: true,
        roles: new Set(),
        ...wanted,
      };
      const username = `service-account-${client.clientId}`;
      const here = client.realm === realmName && client.serviceAccounts && !client.public;
      const account = here ? realm.addUser({ username, serviceAccountOf: client.clientId }) : null;
      accounts.set(client, account?.id ?? random.uuid());
      return client;
    },
    find: (inRealm, clientId) =>
      [...accounts.keys()].find((client) => client.realm === inRealm && client.clientId === clientId),
    accountOf: (client) => accounts.get(client) ?? '',
  };
}
