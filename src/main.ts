import { processIo } from './cli/io.ts';
import { program } from './cli/program.ts';

// Whoever reads may stop early, as `head` does; that is no reason for a stack trace. What only prints ends with its
// reader; a sync goes on, and ends with its own status.
let toTheEnd = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' && !toTheEnd) process.exit(1);
  // Whoever was writing is told of the rest, and says so.
});
// There is nowhere left to complain to.
process.stderr.on('error', () => {});

const io = {
  ...processIo(),
  toTheEnd: () => {
    toTheEnd = true;
  },
};
process.exitCode = await program(io, process.argv.slice(2));
