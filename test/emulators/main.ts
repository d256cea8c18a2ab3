// "npm run emulator -- keycloak --users 10000": an emulated identity provider, to try rosterd against without an account.
import { Command } from 'commander';
import { keycloakCommand } from './keycloak/command.ts';
import type { EmulatorServer } from './server.ts';

const endWith = (emulator: EmulatorServer) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      emulator.close().catch((error: unknown) => fail(error));
    });
  }
};

const fail = (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
};

try {
  await new Command('emulator')
    .description('Emulated identity providers on 127.0.0.1. No account and no network are needed.')
    .addCommand(keycloakCommand((text) => process.stdout.write(text), endWith))
    .parseAsync();
} catch (error) {
  fail(error);
}
