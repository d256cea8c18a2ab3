/**
 * Folds a user or group name: two names with one fold are the same name. Stable on every code point, and wider than
 * lower case alone: `STRASSE` and `straße`, `Σίσυφος` and `σίσυφοσ`, composed and decomposed letters are the same (so
 * are `ı` and `i`). FOLD_VERSION in schema.ts names this rule.
 */
export function fold(name: string): string {
  // Nearly every name is plain ASCII, for which the whole rule is lower case.
  if (isAscii(name)) return name.toLowerCase();
  return name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
