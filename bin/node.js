#!/usr/bin/env node
// "node bin/node.js SCRIPT …" runs a script with a Node.js that rosterd supports; the package's own scripts use it.
import { spawn } from 'node:child_process';
import { launch } from './launch.js';
import { here } from './runtime.js';

const args = process.argv.slice(2);
if (here()) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
} else launch(args);
