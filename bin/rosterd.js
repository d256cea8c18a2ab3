#!/usr/bin/env node
import { pathToFileURL } from 'node:url';
import { launch } from './launch.js';
import { main, runtime } from './runtime.js';

const chosen = runtime();
if (chosen?.node === process.execPath && chosen.flags.length === 0) await import(pathToFileURL(main).href);
else launch(chosen, [main, ...process.argv.slice(2)]);
