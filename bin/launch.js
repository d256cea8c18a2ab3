import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { sentence } from './runtime.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a script in a process of its own, which has this one's input, output and signals, and ends as it ends: same exit
 * status, same signal. Exits 2 where there is nothing to run it with.
 * @param {{ node: string, flags: string[] } | undefined} runtime
 * @param {string[]} args the script and its arguments
 */
export function launch(runtime, args) {
  if (!runtime) return give(sentence());
  const child = spawn(runtime.node, [...runtime.flags, ...args], { stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  // The platform package is glibc's: where there is another C library, its Node.js is there and does not start.
  child.on('error', (error) => give(sentence(`${runtime.node} did not start (${error.message})`)));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const each of signals) process.off(each, forward);
    process.kill(process.pid, signal);
    process.exitCode = 128 + constants.signals[signal];
  });
}

function give(reason) {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 2;
}
