// "npm run demo": the real program against an emulated Keycloak, from the first plan to the look-ups. It needs no
// account and no network beyond this machine, and ends by itself. `npm run demo -- FOLDER` works in another folder.
import { isAbsolute, join, relative, resolve } from 'node:path';
import { company } from '../emulators/company.ts';
import { startKeycloak } from '../emulators/keycloak/keycloak.ts';
import { loadOrganisation } from '../emulators/keycloak/load.ts';
import { changeCompany } from './changes.ts';
import { configurationIn, freshFolder } from './folder.ts';
import { rosterd } from './program.ts';

const folder = resolve(process.argv[2] ?? join('data', 'demo'));

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
  await rosterd(config, 'plan');

  say('Do it.');
  await rosterd(config, '--once');

  say('Now life goes on in the company:', ...changeCompany(keycloak.realm).map((line) => `  - ${line}`));

  say('The next sync finds exactly that.');
  await rosterd(config, '--once');

  say('And once more: nothing has changed, so nothing is done.');
  await rosterd(config, '--once');

  say('Who is in the platform team now?');
  await rosterd(config, 'members', 'Fjordlight/Engineering/Platform');

  say('What became of the one who left, and of the one with a new name?');
  await rosterd(config, 'users', 'eoin.gallagher');
  await rosterd(config, 'users', 'nadia.marchetti');

  say('Every change is kept, with its reason and the run that made it.');
  await rosterd(config, 'changes', '--limit', '12');

  const directory = shown(join(folder, 'directory.db'));
  say(
    `That was all; the emulated Keycloak is gone, and the directory stays in ${directory}. Try:`,
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
