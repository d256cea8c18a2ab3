import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';

/** What of a vendor's OpenAPI document is looked at. */
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

interface Operation {
  parameters?: { name: string; in: string; schema: Schema }[];
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

interface Schema {
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  [key: string]: unknown;
}

export interface Exchange {
  method: string;
  path: string;
  query: URLSearchParams;
  status: number;
  body: unknown;
}

/** What is newer than the description: parameters by path, properties by schema. */
export interface Newer {
  parameters: Readonly<Record<string, readonly string[]>>;
  properties: Readonly<Record<string, readonly string[]>>;
}

/** Gives one sentence for each thing in an exchange that the vendor's description does not have. */
export type Judge = (exchange: Exchange) => string[];

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * The vendors' own descriptions lie beside the repository, in ../shared/vendor, or where ROSTERD_VENDOR says.
 * @returns null where this one is not there
 */
export function vendorFile(name: string): string | null {
  const file = join(process.env.ROSTERD_VENDOR ?? join(repository, '..', 'shared', 'vendor'), name);
  return existsSync(file) ? file : null;
}

/** @param file an OpenAPI 3 document as JSON, read as strictly as it can be: what it does not name is a fault */
export function judgeOf(file: string, newer: Newer): Judge {
  // The document is the vendor's, and only the parts named above are read; a wrong one makes a test fail.
  const document = JSON.parse(readFileSync(file, 'utf8')) as OpenApi;
  const schemas = document.components.schemas;
  for (const [name, schema] of Object.entries(schemas)) {
    if (!schema.properties) continue;
    for (const property of newer.properties[name] ?? []) schema.properties[property] ??= {};
    schema.additionalProperties ??= false;
  }
  const ajv = new Ajv({ strict: false, formats: { int32: true, int64: true, double: true, float: true, uri: true } });
  ajv.addSchema({ $id: 'vendor', components: { schemas } });
  const compiled = new Map<string, ValidateFunction>();
  const check = (schema: Schema, value: unknown): string[] => {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"vendor#/components');
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text));
    compiled.set(text, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
  };

  return ({ method, path: asked, query, status, body }) => {
    const path = asked.replace(/\/+$/, '');
    const at = Object.keys(document.paths).find((template) => fits(template, path));
    const operation = at === undefined ? undefined : document.paths[at]?.[method.toLowerCase()];
    if (at === undefined || !operation) return [`${method} ${path} is not described`];
    const faults: string[] = [];
    for (const [name, value] of query) {
      const parameter = operation.parameters?.find((each) => each.in === 'query' && each.name === name);
      if (parameter)
        faults.push(...check(parameter.schema, typed(parameter.schema, value)).map((fault) => name + fault));
      else if (!newer.parameters[at]?.includes(name)) faults.push(`the parameter ${name} is not described`);
    }
    // Of what it refuses, the vendor describes nothing.
    if (status !== 200) return faults.map((fault) => `${method} ${path}: ${fault}`);
    const content = Object.values(operation.responses['200']?.content ?? {})[0];
    faults.push(...(content ? check(content.schema, body) : ['the answer 200 is not described']));
    return faults.map((fault) => `${method} ${path}: ${fault}`);
  };
}

/** Fixed parts win over `{…}`: the templates come in the document's order, and `users/count` is no user. */
function fits(template: string, path: string): boolean {
  const [expected, parts] = [template.split('/'), path.split('/')];
  const fixed = ['count', 'profile'];
  return (
    expected.length === parts.length &&
    expected.every((part, at) => (part.startsWith('{') ? !fixed.includes(parts[at] ?? '') : part === parts[at]))
  );
}

function typed(schema: Schema, value: string): unknown {
  if (schema.type === 'integer') return Number(value);
  if (schema.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}
