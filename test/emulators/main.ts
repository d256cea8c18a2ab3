// "npm run emulator -- keycloak --users 10000": an emulated identity provider, to try rosterd against without an account.
import { Command } from 'commander';
import { entraCommand } from './azure-ad/command.ts';
import { googleCommand } from './google-workspace/command.ts';
import { keycloakCommand } from './keycloak/command.ts';
import { oktaCommand } from './okta/command.ts';
import type { EmulatorServer } from './server.ts';

/** A second signal must find a listener too: Ctrl-C reaches this process from the terminal and from its launcher. */
function endWith(emulator: EmulatorServer): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      emulator.close().catch((error: unknown) => fail(error));
    });
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

try {
  await new Command('emulator')
    .description('Emulated identity providers on 127.0.0.1. No account and no network are needed.')
    .addCommand(entraCommand((text) => process.stdout.write(text), endWith))
    .addCommand(googleCommand((text) => process.stdout.write(text), endWith))
    .addCommand(keycloakCommand((text) => process.stdout.write(text), endWith))
    .addCommand(oktaCommand((text) => process.stdout.write(text), endWith))
    .parseAsync();
} catch (error) {
  fail(error);
}
