import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { bundled, sentence } from './runtime.js';

/**
 * Runs a script with the Node.js of the platform package and ends as it ends: same exit status, same signal.
 * @param {string[]} args the script and its arguments
 */
export function launch(args) {
  const node = bundled();
  if (!node) {
    process.stderr.write(`${sentence()}\n`);
    process.exit(2);
  }
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`rosterd could not start ${node}: ${error.message}\n`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
