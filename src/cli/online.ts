import type { Logger } from 'pino';
import type { Connector, Finding } from '../../connectors/connector.ts';
import { withoutSource } from '../../connectors/findings.ts';
import { connectorTypes } from '../../connectors/registry.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { createLog } from '../daemon/log.ts';
import { openConnector } from '../daemon/run-pass.ts';
import { Failure } from '../model/failure.ts';
import { printable } from '../report/text.ts';
import { failedText, tests } from './check.ts';
import type { Io } from './io.ts';
import { cancellable } from './signals.ts';

/**
 * Asks every identity provider whether its credentials and permissions suffice, after the file itself was found right.
 * Gives the exit status: 0, or 1 where a provider refuses, 2 where a test of the rules fails or a key or certificate cannot be used. Throws a ConfigurationError.
 */
export async function checkOnline(options: { config?: string; json?: boolean }, io: Io): Promise<number> {
  const config = await loadConfig(options.config, { types: connectorTypes, io, secrets: 'open' });
  const tested = await tests(config);
  if (tested.failed > 0) {
    const { file } = config;
    const faults = tested.faults.map(({ excerpt: _, ...fault }) => fault);
    const found = { file, ok: false, tests: tested.tests, faults };
    io.out.write(options.json ? `${JSON.stringify(found, null, 2)}\n` : failedText(config, tested));
    return 2;
  }
  const log = createLog(
    { ...config.log, level: config.log.level === 'info' ? 'error' : config.log.level },
    io.err.isTTY === true,
  );
  const sources = await cancellable((signal) => askAll(config, log, signal));
  const refused = sources.some(({ findings }) => findings.some(({ ok }) => !ok));
  if (options.json) io.out.write(`${JSON.stringify({ file: config.file, ok: !refused, sources }, null, 2)}\n`);
  else {
    for (const { source, tenant, findings } of sources) {
      io.out.write(tenant === null ? `${source}\n` : `${source} (${printable(tenant)})\n`);
      for (const { what, ok, detail } of findings)
        io.out.write(`  ${ok ? 'ok     ' : 'refused'} ${what}: ${printable(detail)}\n`);
    }
  }
  if (sources.some(({ tenant }) => tenant === null)) return 2;
  return refused ? 1 : 0;
}

async function askAll(config: Config, log: Logger, signal: AbortSignal) {
  const answers: { source: string; tenant: string | null; findings: Finding[] }[] = [];
  for (const source of config.sources) {
    let connector: Connector;
    try {
      connector = await openConnector(config, source, log.child({ source: source.name }));
    } catch (error) {
      // A key or a certificate that cannot be used is this source's matter: the others are asked all the same.
      if (!(error instanceof Failure) || error.exit !== 2) throw error;
      const detail = withoutSource(error.message, source.name);
      answers.push({ source: source.name, tenant: null, findings: [{ what: 'configuration', ok: false, detail }] });
      continue;
    }
    try {
      answers.push({ source: source.name, tenant: connector.tenant, findings: await connector.check(signal) });
    } finally {
      await connector.close();
    }
  }
  return answers;
}
