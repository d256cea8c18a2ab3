import { userInfo } from 'node:os';
import type { Io } from './io.ts';

/** Who asks for what a command does: `--by`, else ROSTERD_ACTOR, else the system user. */
export function actor(by: string | undefined, io: Io): string {
  const named = by ?? io.env.ROSTERD_ACTOR;
  if (named) return named;
  try {
    return userInfo().username;
  } catch {
    // A numbered user without a name, as containers have.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
