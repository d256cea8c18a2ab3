import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Root } from './issues.ts';
import { unreadable } from './references.ts';
import type { Report } from './report.ts';

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The contents of the file that `caFile` names, PEM; undefined where there is none or it was reported. */
export function readCertificates({ value, marks }: Root, folder: string, report: Report): string | undefined {
  if (typeof value !== 'object' || value === null || !('caFile' in value)) return undefined;
  const named = value.caFile;
  if (typeof named !== 'string' || named === '' || report.blames(['caFile'])) return undefined;
  const path = resolve(folder, named);
  const say = (why: string): undefined =>
    report.add(marks.get('caFile')?.value ?? 0, ['caFile'], 'file', why) as undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return say(`${path} ${unreadable(error)}`);
  }
  const blocks = text.match(PEM) ?? [];
  if (blocks.length === 0) return say(`${path} holds no certificate; it must be PEM, with -----BEGIN CERTIFICATE-----`);
  const bad = blocks.findIndex((block) => !readable(block));
  return bad === -1 ? text : say(`certificate ${bad + 1} of ${path} is damaged`);
}

function readable(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    // Why OpenSSL does not take it helps nobody more than which one it is.
    return false;
  }
}
