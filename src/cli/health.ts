import { askDaemon, SOON } from '../daemon/client.ts';
import type { Io } from './io.ts';
import { directoryOf } from './look.ts';

/** Exit status 0 while the daemon of the directory answers and is ready; else 1, with why. */
export async function health(options: { config?: string; json?: boolean }, io: Io): Promise<number> {
  const directory = await directoryOf(options, io);
  const { status, body } = await askDaemon(directory, { method: 'GET', path: '/health', timeout: SOON });
  const { ok, why } = Object(body) as { ok?: unknown; why?: unknown };
  const well = status === 200 && ok === true;
  if (options.json) io.out.write(`${JSON.stringify({ ok: well, why: well ? null : String(why) })}\n`);
  else io.out.write(well ? 'The daemon is well.\n' : `The daemon is not well: ${String(why)}.\n`);
  return well ? 0 : 1;
}
