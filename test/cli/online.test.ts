import { expect, test } from 'vitest';
import { Site } from './once-kit.ts';

test('a key that cannot be used is told of its source, and the others are asked all the same', async () => {
  await using site = await Site.of('staff');
  const corp =
    '  - { name: corp, type: azure-ad, tenantId: contoso.example, clientId: a, certificate: { path: ./none.pem } }\n';
  site.configure((text) => text.replace('sources:\n', `sources:\n${corp}`));
  const { exit, out } = await site.run('check', '--online');
  expect(exit).toBe(2);
  expect(out).toMatch(
    /^corp\n {2}refused configuration: The file \S+none\.pem, which "certificate" names, cannot be read/,
  );
  expect(out).toContain('  ok      permission to read users');
  const json = JSON.parse((await site.run('check', '--online', '--json')).out);
  expect(json).toMatchObject({ ok: false, sources: [{ source: 'corp', tenant: null }, { source: 'staff' }] });
});
