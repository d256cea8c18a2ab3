import { z } from 'zod';

/**
 * The address of a server that credentials or tokens are sent to: https, and where `loopback` says so, plain http to
 * this machine alone.
 * @param why why not plain http, for the message
 */
export const address = ({ loopback, why }: { loopback: boolean; why: string }) =>
  z
    .string()
    .superRefine((text, context) => {
      const refused = refusal(text, loopback, why);
      if (refused) context.addIssue({ code: 'custom', message: refused });
    })
    .meta({ pattern: loopback ? '^https?://' : '^https://' });

function refusal(text: string, loopback: boolean, why: string): string | undefined {
  const url = URL.parse(text);
  if (!url || !/^https?:\/\//i.test(text)) return 'expected an address such as `https://id.example.com`';
  if (url.username || url.password) return 'expected no user name and no password in the address';
  if (url.search || url.hash) return 'expected an address without `?` and `#`';
  if (url.protocol === 'https:') return undefined;
  if (!loopback) return `expected https: ${why}`;
  if (isLoopback(url.hostname)) return undefined;
  return `expected https: plain http is for loopback addresses only, since ${why}`;
}

// A URL writes 127.1 and 0x7f.1 as 127.0.0.1. Names under `.localhost` are left out: some resolvers ask the network.
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
