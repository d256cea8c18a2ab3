#!/usr/bin/env node
// "node bin/node.js SCRIPT …" runs a script with a Node.js that rosterd supports; the package's own scripts use it.
import { launch } from './launch.js';
import { runtime } from './runtime.js';

launch(runtime(), process.argv.slice(2));
