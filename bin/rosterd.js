#!/usr/bin/env node
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './launch.js';
import { here, inClone, root } from './runtime.js';

const main = inClone ? join(root, 'src', 'main.ts') : join(root, 'dist', 'src', 'main.js');
if (here()) await import(pathToFileURL(main).href);
else launch([main, ...process.argv.slice(2)]);
