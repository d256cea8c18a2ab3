/** How the bytes of an answer leave: at once, cut off after a share of them, in drops, or not at all (a reset). */
export type Delivery =
  | { how: 'whole' }
  | { how: 'cut'; share: number }
  | { how: 'trickle'; bytes: number; everyMs: number }
  | { how: 'reset' };

export interface Reply {
  status: number;
  headers: Readonly<Record<string, string | string[]>>;
  body: string;
  delivery?: Delivery;
}

export const json = (status: number, value: unknown, headers: Reply['headers'] = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

export const text = (status: number, body: string, headers: Reply['headers'] = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers },
  body,
});
