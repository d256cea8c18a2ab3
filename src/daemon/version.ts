import { readFileSync } from 'node:fs';

/** The version in package.json, which lies one folder above `src/` or two above the compiled `dist/src/`. */
export function version(): string {
  for (const place of ['../../package.json', '../../../package.json']) {
    try {
      // The package's own file.
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'rosterd' && version) return version;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return 'unknown';
}
