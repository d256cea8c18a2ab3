import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** File, what it imports, whether the direction of docs/architecture.md allows it. */
const CASES: readonly [file: string, imports: string, allowed: boolean][] = [
  ['src/model/user.ts', './words.ts', true],
  ['src/model/user.ts', 'node:fs', true],
  ['src/model/user.ts', '../directory/open.ts', false],
  ['src/model/user.ts', '../../connectors/connector.ts', false],

  ['src/directory/open.ts', '../model/user.ts', true],
  ['src/directory/views/users.ts', '../open.ts', true],
  ['src/directory/views/users.ts', '../../model/user.ts', true],
  ['src/directory/open.ts', '../sync/pass.ts', false],
  ['src/directory/open.ts', '../config/load.ts', false],
  ['src/directory/views/users.ts', '../../report/text.ts', false],

  ['src/expressions/parse.ts', '../model/user.ts', true],
  ['src/expressions/parse.ts', '../directory/open.ts', false],
  ['src/expressions/parse.ts', '../config/load.ts', false],

  ['src/config/load.ts', '../expressions/parse.ts', true],
  ['src/config/load.ts', '../directory/open.ts', true],
  ['src/config/load.ts', '../../connectors/connector.ts', false],
  ['src/config/load.ts', '../../connectors/registry.ts', false],
  ['src/config/load.ts', '../sync/pass.ts', false],

  ['src/sync/pass.ts', '../directory/open.ts', true],
  ['src/sync/pass.ts', '../expressions/parse.ts', true],
  ['src/sync/pass.ts', '../../connectors/connector.ts', true],
  ['src/sync/plan/users.ts', '../../../connectors/connector.ts', true],
  ['src/sync/plan/users.ts', '../change.ts', true],
  ['src/sync/pass.ts', '../../connectors/registry.ts', false],
  ['src/sync/pass.ts', '../../connectors/okta/users.ts', false],
  ['src/sync/plan/users.ts', '../../../connectors/okta/users.ts', false],
  ['src/sync/pass.ts', '../config/load.ts', false],
  ['src/sync/pass.ts', '../report/text.ts', false],
  ['src/sync/plan/users.ts', '../../daemon/log.ts', false],

  ['src/report/pass.ts', '../directory/open.ts', true],
  ['src/report/pass.ts', '../sync/plan/plan.ts', true],
  ['src/report/pass.ts', '../cli/io.ts', false],
  ['src/report/pass.ts', '../config/load.ts', false],

  ['src/cli/once.ts', '../daemon/log.ts', true],
  ['src/cli/once.ts', '../../connectors/registry.ts', true],
  ['src/cli/once.ts', '../../test/emulators/main.ts', false],
  ['src/daemon/log.ts', '../sync/pass.ts', true],
  ['src/daemon/log.ts', '../cli/io.ts', false],
  ['src/daemon/log.ts', '../main.ts', false],

  ['connectors/okta/users.ts', '../../src/model/user.ts', true],
  ['connectors/okta/users.ts', '../http/http.ts', true],
  ['connectors/okta/users.ts', '../connector.ts', true],
  ['connectors/okta/read/users.ts', '../errors.ts', true],
  ['connectors/okta/users.ts', '../keycloak/users.ts', false],
  ['connectors/okta/users.ts', '../registry.ts', false],
  ['connectors/okta/users.ts', '../../src/sync/pass.ts', false],
  ['connectors/http/http.ts', '../okta/users.ts', false],
  ['connectors/connector.ts', '../src/model/user.ts', true],
  ['connectors/registry.ts', './okta/okta.ts', true],
];

const project = fileURLToPath(new URL('../..', import.meta.url));
const biome = join(project, 'node_modules/@biomejs/biome/bin/biome');
const folder = mkdtempSync(join(tmpdir(), 'rosterd-imports-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
/** A file of its own for each case, in the folder that the case names, and each way to import. */
const place = (file: string, at: number) => `${dirname(file)}/case-${at}.ts`;
const ways = (path: string) => [
  `import '${path}';`,
  `export type { T } from '${path}';`,
  `export const lazy = () => import('${path}');`,
];

let report: string[];
beforeAll(async () => {
  copyFileSync(join(project, 'biome.json'), join(folder, 'biome.json'));
  for (const [at, [file, path]] of CASES.entries()) write(place(file, at), `${ways(path).join('\n')}\n`);
  write('src/daemon/one.ts', "import { two } from './two.ts';\n\nexport const one = () => two;\n");
  write('src/daemon/two.ts', "import { one } from './one.ts';\n\nexport const two = () => one;\n");
  report = (await lint()).sort();
});

const FINDING =
  /::error title=lint\/\w+\/(noRestrictedImports|noImportCycles),file=(?:.*\/)?((?:src|connectors)\/[^,]+),line=(\d+)/g;

/** The errors, one line each: path, line and rule. */
function lint(): Promise<string[]> {
  const args = [biome, 'lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=github', folder];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1e8 }, (error, out, err) => {
      const found = [...out.matchAll(FINDING)].map(([, rule, path, line]) => `${path}:${line} ${rule}`);
      // Status 1 is "there are findings"; whatever else went wrong has none.
      if (error && found.length === 0) reject(new Error(err || out || String(error)));
      else resolve(found);
    });
  });
}

test.each(CASES)('%s imports %s: %s', (file, path, allowed) => {
  const at = CASES.findIndex((each) => each[0] === file && each[1] === path);
  const refused = ways(path).map((_, line) => `${place(file, at)}:${line + 1} noRestrictedImports`);
  expect(report.filter((line) => line.startsWith(`${place(file, at)}:`))).toEqual(allowed ? [] : refused);
});

test('two files that import each other are refused', () => {
  expect(report.filter((line) => line.endsWith('noImportCycles'))).toEqual([
    'src/daemon/one.ts:1 noImportCycles',
    'src/daemon/two.ts:1 noImportCycles',
  ]);
});
