import { processIo } from './cli/io.ts';
import { program } from './cli/program.ts';

// Whoever reads may stop early, as `head` does; that is no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(1);
  // Whoever was writing is told of the rest, and says so.
});

process.exitCode = await program(processIo(), process.argv.slice(2));
