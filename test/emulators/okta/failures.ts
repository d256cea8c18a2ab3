import { type Behaviour, html, reset } from '../faults.ts';
import { json, type Reply } from '../reply.ts';
import type { Received } from '../server.ts';
import { type Code, codes, errorBody } from './errors.ts';

/**
 * A failure in Okta's way of writing one, with the date and the limits that the honest answer has; never with a
 * `Retry-After`. What stands before Okta's own servers answers 502 and 504 with a page.
 * @param which a status, or the code of an error, such as `E0000015`, which is 401 too
 * @param wait seconds until the limit is lifted, of 429 only; default a minute
 */
export function oktaFailure(which: number | Code, wait = 60): Behaviour {
  const code = typeof which === 'number' ? byStatus[which] : which;
  if (code === undefined) return html(Number(which), 'Bad Gateway');
  const [status, summary] = codes[code];
  return async (_request, honest) => {
    const { headers } = await honest();
    const { link: _, 'content-type': __, ...kept } = headers;
    const date = Date.parse(String(headers.date ?? ''));
    const reset = String(Math.floor((Number.isNaN(date) ? 0 : date) / 1000) + wait);
    const limits = status === 429 ? { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': reset } : {};
    return json(status, errorBody(code, summary, 'oaeEmulated'), { ...kept, ...limits });
  };
}

const byStatus: Readonly<Record<number, Code>> = {
  400: 'E0000001',
  401: 'E0000011',
  403: 'E0000006',
  404: 'E0000007',
  405: 'E0000022',
  429: 'E0000047',
  500: 'E0000009',
  503: 'E0000010',
};

/** What `conditions.failures` are for this vendor, until they are changed. */
export const everyday = (): [Behaviour, ...Behaviour[]] => [
  oktaFailure(500),
  oktaFailure(502),
  oktaFailure(503),
  oktaFailure(504),
  oktaFailure(429, 1),
  reset(),
];

/** The link to the next page, changed; an answer without one is left alone. */
export function nextLink(change: (link: string) => string): Behaviour {
  return async (_request, honest) => {
    const reply = await honest();
    const { link } = reply.headers;
    if (link === undefined) return reply;
    const changed = (line: string) =>
      line.replace(/<([^<>]*)>(?=;\s*rel="next")/, (_, to: string) => `<${change(to)}>`);
    return {
      ...reply,
      headers: { ...reply.headers, link: typeof link === 'string' ? changed(link) : link.map(changed) },
    };
  };
}

/** The link to the next page leads to the page that it stands on. @param origin where the emulator is */
export function loop(origin: string): Behaviour {
  return async (request, honest) => {
    const query = request.query.size > 0 ? `?${request.query}` : '';
    return nextLink(() => `${origin}${request.path}${query}`)(request, honest);
  };
}

/**
 * The page asked for is repeated for ever, each time with a link whose cursor is new; where the list would end, too. One
 * strike is enough: every page that its links lead to does the same. A list of one page only is left alone.
 * @param okta the emulator
 */
export function freshLoop(okta: { repeatPage(request: Received): void }): Behaviour {
  return async (request, honest) => {
    okta.repeatPage(request);
    return honest();
  };
}

/** The header with the links is missing, as behind a proxy that knows its own headers only: the list seems to end. */
export const withoutLinks =
  (): Behaviour =>
  async (_request, honest): Promise<Reply> => {
    const reply = await honest();
    const { link: _, ...headers } = reply.headers;
    return { ...reply, headers };
  };
