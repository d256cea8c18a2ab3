import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What each kind of provider loads, and nobody else: an SDK costs time and memory, and Okta's reads files of its own. */
const SDKS = {
  'azure-ad': '@azure/msal-node',
  'google-workspace': 'google-auth-library',
  keycloak: '@keycloak/keycloak-admin-client',
  okta: '@okta/okta-sdk-nodejs',
} as const;

/** The packages that a process has loaded after it loaded one kind of provider; all of the rest, after everything else. */
function loadedBy(type: string): string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({
      load: (url, context, next) => {
        const found = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url);
        if (found) seen.add(found[1]);
        return next(url, context);
      },
    });
    const { connectorTypes } = await import('./connectors/registry.ts');
    await import('./src/cli/program.ts');
    await import('./src/cli/once.ts');
    if (${JSON.stringify(type)} !== '') await connectorTypes[${JSON.stringify(type)}].load();
    console.log(JSON.stringify([...seen]));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    encoding: 'utf8',
  });
  // The list that the script prints.
  return JSON.parse(out) as string[];
}

test.each(Object.keys(SDKS))('a source of type %s loads its own SDK, and no other', { timeout: 60_000 }, (type) => {
  const loaded = loadedBy(type);
  for (const [other, sdk] of Object.entries(SDKS))
    expect([other, loaded.includes(sdk)]).toEqual([other, other === type]);
});

test('no SDK is loaded before there is a source', { timeout: 60_000 }, () => {
  const loaded = loadedBy('');
  expect(Object.values(SDKS).filter((sdk) => loaded.includes(sdk))).toEqual([]);
});
