// Loaded before a program: prints every file that the program opens with Node's `fs`, as `fs CALL PATH FLAGS`.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Call = (...args: unknown[]) => unknown;
const CALLS = ['open', 'readFile', 'writeFile', 'appendFile', 'copyFile', 'truncate'];

function watch(library: Record<string, unknown>, name: string): void {
  const call = library[name] as Call;
  library[name] = function (this: unknown, ...args: unknown[]) {
    process.stdout.write(
      `fs ${name} ${args[0]} ${typeof args[1] === 'string' && name.startsWith('open') ? args[1] : ''}\n`,
    );
    return call.apply(this, args);
  };
}

// Both are namespaces of functions; only those that exist are replaced.
const all = fs as unknown as Record<string, unknown>;
const promises = fs.promises as unknown as Record<string, unknown>;
for (const name of [...CALLS, ...CALLS.map((one) => `${one}Sync`), 'createReadStream', 'createWriteStream']) {
  if (name in all) watch(all, name);
  if (name in promises) watch(promises, name);
}
syncBuiltinESMExports();
