// "node bin/node.js test/packaging/providers.ts FOLDER PORT": the four emulated providers with the company in each, and
// FOLDER/config.yaml for a container that has FOLDER at /etc/rosterd and serves at PORT. Says "ready"; a signal ends it.
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { everyProvider, type Provider, sourcesOf } from '../emulators/all.ts';

const [folder, port] = process.argv.slice(2);
if (folder === undefined || port === undefined) throw new Error('FOLDER and PORT are missing');

const providers: (Provider & { source: string })[] = [];
for (const open of everyProvider) {
  const provider = await open(folder);
  providers.push({ ...provider, source: provider.type });
}
/** The same people are in all four, and a user name is one person's. */
const names = (type: string): string =>
  `    users: { attributes: { userName: 'user.userName.localPart() + "@${type}"' } }\n    groups: { attributes: { name: '"${type} " + group.name' } }\n`;
const sources = sourcesOf(folder, providers).replaceAll(/ {4}type: (.+)\n/g, (line, type) => line + names(type));
const head = ['directory: /data/directory.db', 'schedule: "*/2 * * * * *"', `http: { listen: "127.0.0.1:${port}" }`];
writeFileSync(join(folder, 'config.yaml'), `${head.join('\n')}\n${sources}`);
// Whoever the container runs as is neither their owner nor of their group.
for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
process.once('SIGTERM', async () => {
  for (const provider of providers) await provider.close();
});
process.stdout.write('ready\n');
