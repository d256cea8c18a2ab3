import { userOf } from '../emulators/keycloak/load.ts';
import type { Realm } from '../emulators/keycloak/realm.ts';

/** A joiner, a leaver, a new name, a leave of absence and a moved team. Gives back what happened, in words. */
export function changeCompany(realm: Realm): string[] {
  const platform = realm.group('/Fjordlight/Engineering/Platform');
  const joiner = realm.addUser(
    userOf(
      {
        userName: 'ines.moreau',
        givenName: 'Inès',
        familyName: 'Moreau',
        email: 'ines.moreau@fjordlight.example',
        title: 'Software Engineer',
        department: 'Engineering',
        employeeNumber: '1061',
        userType: 'Employee',
        manager: 'freya.magnusdottir',
        phoneNumber: null,
        locale: 'fr',
        active: true,
      },
      'Fjordlight',
    ),
  );
  realm.join(joiner, platform);
  realm.removeUser(realm.user('eoin.gallagher'));
  realm.editUser(realm.user('nadia.benali'), {
    username: 'nadia.marchetti',
    lastName: 'Marchetti',
    email: 'nadia.marchetti@fjordlight.example',
  });
  realm.editUser(realm.user('tariq.hussain'), { enabled: false });
  realm.moveGroup(realm.group('/Fjordlight/Engineering/Data'), realm.group('/Fjordlight/Operations'));
  return [
    'Inès Moreau joins the platform team',
    'Eoin Gallagher leaves; his account is deleted',
    'Nadia Benali marries and becomes nadia.marchetti',
    'Tariq Hussain is disabled while he is away',
    'the data team moves from Engineering to Operations',
  ];
}

/** Deletes everybody in Sales and its teams. Gives back how many they were, and how to undo it. */
export function emptySales(realm: Realm): { count: number; restore(): void } {
  const sales = realm.users().filter((user) => user.attributes.department?.includes('Sales'));
  const gone = sales.map((user) => ({ user, groups: realm.removeUser(user) }));
  return {
    count: gone.length,
    restore: () => {
      for (const { user, groups } of gone) realm.restoreUser(user, groups);
    },
  };
}
