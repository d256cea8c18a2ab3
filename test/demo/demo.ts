// "npm run demo": the real program against an emulated Keycloak, from the first plan to the look-ups. It needs no
// account and no network beyond this machine, and ends by itself. `npm run demo -- FOLDER` works in another folder.
import { isAbsolute, join, relative, resolve } from 'node:path';
import { company } from '../emulators/company.ts';
import { startKeycloak } from '../emulators/keycloak/keycloak.ts';
import { loadOrganisation } from '../emulators/keycloak/load.ts';
import { changeCompany, emptySales } from './changes.ts';
import { changeCloud, cloudConfiguration, clouds } from './clouds.ts';
import { configurationIn, editFilter, freshFolder } from './folder.ts';
import { rosterd } from './program.ts';

const folder = resolve(process.argv[2] ?? join('data', 'demo'));

/** What one pass did, and what it cost. */
const SUMMARY = /^fjordlight: /;

async function demo(): Promise<void> {
  await using keycloak = await startKeycloak({ realm: 'fjordlight' });
  loadOrganisation(keycloak.realm, company);
  const config = shown(freshFolder(folder, keycloak));
  say(
    `${company.name} is an invented company of ${company.people.length} people. Its accounts are in a Keycloak, emulated for`,
    `this demo at ${keycloak.url}. rosterd is told about it by ${config}:`,
  );
  print(indented(configurationIn(folder)));

  say('What would a first sync do? Nothing is changed yet.');
  await rosterd(config, ['plan']);

  say('Do it. The one problem is the account of a program: it is a member of a group, and no person.');
  await rosterd(config, ['--once']);

  say('Now life goes on in the company:', ...changeCompany(keycloak.realm).map((line) => `  - ${line}`));

  say('The next sync finds exactly that.');
  await rosterd(config, ['--once']);

  say('Who is in the platform team now?');
  await rosterd(config, ['members', 'Fjordlight/Engineering/Platform']);

  say('What became of the one who left? The account is kept, inactive; so is every change, with its reason.');
  await rosterd(config, ['users', 'eoin.gallagher']);
  await rosterd(config, ['changes', '--user', 'eoin.gallagher']);

  const accident = emptySales(keycloak.realm);
  say(
    `Then an accident: somebody deletes ${accident.count} accounts in the Keycloak, the whole of Sales. rosterd stops, ends`,
    'with status 3, and takes nothing from anybody until a person approves.',
  );
  await rosterd(config, ['--once'], 3);

  accident.restore();
  say('The accounts are put back from a backup, and the next sync goes on by itself.');
  await rosterd(config, ['--once']);

  await keycloak.close();
  say(
    'Last, contractors are to have no accounts any more. The rule is tried before it does anything, and without asking the',
    `Keycloak, which is stopped now. ${config} gets:`,
  );
  print(indented(editFilter(folder)));
  say('What would that do?');
  await rosterd(config, ['plan', '--offline']);

  say('And why is one of them out?');
  await rosterd(config, ['explain', 'isla.fraser']);

  for (const open of clouds) {
    const cloud = await open(folder);
    try {
      const file = shown(cloudConfiguration(folder, cloud));
      say(
        `The same company in ${cloud.name}, emulated too: a first pass, one without news, and one after a joiner, a leaver, a`,
        'promotion and a change of teams. Look at the numbers of requests.',
      );
      await rosterd(file, ['--once'], 0, SUMMARY);
      await rosterd(file, ['--once'], 0, SUMMARY);
      changeCloud(cloud);
      await rosterd(file, ['--once'], 0, SUMMARY);
    } finally {
      await cloud.close();
    }
  }

  const directory = shown(join(folder, 'directory.db'));
  say(
    `That was all; nothing of the edit was applied, and the directory stays in ${directory}. Try:`,
    `  sqlite3 "file:${directory}?mode=ro" "SELECT user_name, active, inactive_reason FROM v1_users"`,
    `  npx rosterd --config ${config} users`,
    `  npx rosterd --config ${config} members --help`,
    '  npm run emulator -- keycloak --help      a Keycloak of any size that stays up, with any fault',
  );
}

/** Paragraphs of the narrator. */
function say(...lines: string[]): void {
  print(`\n${lines.map((line) => `# ${line}`).join('\n')}\n`);
}

function print(text: string): void {
  process.stdout.write(text);
}

const indented = (text: string) => text.replace(/^(?=.)/gm, '    ');

/** As a person here would type it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}

try {
  await demo();
} catch (error) {
  process.stderr.write(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
