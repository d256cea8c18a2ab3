import { FetchFailure } from './errors.ts';
import { excerpt } from './excerpt.ts';

/**
 * An address to ask, which may come from the provider: a token goes to the configured origin (and those that the vendor
 * is known to use) and nowhere else. Given back as it was written but for what a URL makes of it.
 * @throws FetchFailure `incomplete` for any other origin, https turned into http included
 */
export function pinned(input: string | URL, base: URL, origins: ReadonlySet<string>, source: string): URL {
  const text = String(input);
  const url = URL.canParse(text, base.href) ? new URL(text, base) : null;
  if (url && (url.origin === base.origin || origins.has(url.origin)) && !url.username && !url.password) return url;
  throw new FetchFailure(
    'incomplete',
    `Source "${source}": ${base.host} gave a link to ${excerpt(url?.origin ?? text)}, which is not the configured address. It was not followed, and nothing was taken from this listing. Write the address that the provider itself uses into the configuration.`,
  );
}
