import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** So many connections one server has at most. */
const MOST = 64;
/** So many of them wait for a pass at most, so that health checks always find room. */
export const MOST_WAITING = MOST / 2;

/** How long a client may take for the head of a question, and for all of it, in ms, and how often that is looked at. */
export const PATIENCE = { headersTimeout: 5000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 } as const;

/** Keeps the connections of a server few. */
export interface Connections {
  /** Marks a connection as one that waits for a pass, which may take hours; gives what ends that. Null where too many do. */
  waits(socket: Socket): (() => void) | null;
}

/**
 * Where one more than `MOST` come, the oldest that waits for no pass goes: whoever connects is always heard, also while
 * hundreds hold connections on which they ask nothing, and the process never runs out of handles.
 */
export function fewConnections(server: Server): Connections {
  const open = new Set<Socket>();
  const waiting = new Map<Socket, number>();
  let waits = 0;
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    if (open.size <= MOST) return;
    for (const one of open) {
      if (waiting.has(one)) continue;
      open.delete(one);
      one.destroy();
      break;
    }
  });
  return {
    waits: (socket) => {
      if (waits >= MOST_WAITING) return null;
      waits++;
      waiting.set(socket, (waiting.get(socket) ?? 0) + 1);
      return () => {
        waits--;
        const left = (waiting.get(socket) ?? 1) - 1;
        if (left > 0) waiting.set(socket, left);
        else waiting.delete(socket);
      };
    },
  };
}
