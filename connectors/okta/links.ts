/**
 * Where a header `Link` leads to, by relation (RFC 8288). Okta sends `self` and `next` as header lines of their own, or
 * as one line with commas; what reads headers joins lines with commas too. An address may hold commas itself.
 */
export function linksIn(header: string | null): ReadonlyMap<string, readonly string[]> {
  const links = new Map<string, string[]>();
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(LINK)) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters) ?? [];
    for (const rel of (quoted ?? bare ?? '').toLowerCase().split(/\s+/)) {
      if (rel !== '') links.set(rel, [...(links.get(rel) ?? []), target]);
    }
  }
  return links;
}

const LINK = /<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]+))?)*)/g;
