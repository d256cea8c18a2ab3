import {
  type Behaviour,
  cutOff,
  emptyBody,
  html,
  nullBody,
  redirect,
  reset,
  rewrite,
  rows,
  status,
  trickle,
  type Which,
  without,
} from './faults.ts';

/** What a fault on the command line may be called. `value` is what stands after its equals sign. */
type Kinds = Readonly<Record<string, (value: string) => Behaviour>>;

const number = (value: string, otherwise: number): number => {
  if (value === '') return otherwise;
  const read = Number(value);
  if (!(read >= 0)) throw new Error(`"${value}" is not a number`);
  return read;
};

/** Faults that every emulator knows; docs/emulators.md lists them. */
const common: Kinds = {
  status: (value) => status(number(value, 503)),
  html: (value) => html(number(value, 200)),
  'null-body': () => nullBody(),
  'empty-body': () => emptyBody(),
  without: (value) => without(value),
  'cut-off': (value) => cutOff(number(value, 50) / 100),
  trickle: (value) => trickle(64, number(value, 100)),
  reset: () => reset(),
  redirect: (value) => redirect(value || 'http://127.0.0.1:9'),
  'repeat-row': () => rows((all) => [...all, ...all.slice(0, 1)]),
  'lose-row': () => rows((all) => all.slice(1)),
  'lie-about-count': (value) => rewrite((answer) => lied(answer, number(value, 1))),
};

/** The keys that say which requests are met, and how a status is adorned. */
const PLACES = ['path', 'method', 'nth', 'times', 'retry-after'];

/**
 * Reads `--fault "status=503 path=members nth=3 times=2 retry-after=5"`: one kind, then where it strikes.
 * @param more the kinds that only this emulator knows
 * @throws Error with a sentence for the person at the command line
 */
export function faultOf(flag: string, more: Kinds = {}): { which: Which; behaviour: Behaviour } {
  const kinds: Kinds = { ...common, ...more };
  const words = flag.trim().split(/\s+/).map(keyAndValue);
  const at = Object.fromEntries(words.filter(([key]) => PLACES.includes(key)));
  const [kind, ...others] = words.filter(([key]) => !PLACES.includes(key));
  const make = kind && kinds[kind[0]];
  if (!kind || !make || others.length > 0) {
    throw new Error(
      `"${flag}" must name one fault of: ${Object.keys(kinds).join(', ')}; and may say ${PLACES.join(', ')}`,
    );
  }
  const after = at['retry-after'];
  const retryAfter = after === undefined ? {} : { retryAfter: /^\d+$/.test(after) ? Number(after) : new Date(after) };
  const behaviour = kind[0] === 'status' ? status(number(kind[1], 503), retryAfter) : make(kind[1]);
  return {
    which: {
      ...(at.path === undefined ? {} : { path: at.path }),
      ...(at.method === undefined ? {} : { method: at.method.toUpperCase() }),
      nth: number(at.nth ?? '', 1),
      times: at.times === 'always' ? Number.POSITIVE_INFINITY : number(at.times ?? '', 1),
    },
    behaviour,
  };
}

function keyAndValue(word: string): [string, string] {
  const [key = '', ...value] = word.split('=');
  return [key, value.join('=')];
}

function lied(answer: unknown, by: number): unknown {
  if (typeof answer === 'number') return answer + by;
  if (answer && typeof answer === 'object' && 'count' in answer) return { ...answer, count: Number(answer.count) + by };
  return answer;
}
