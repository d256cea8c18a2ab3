import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { vendorFile } from '../openapi.ts';
import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';

/** What of Google's discovery document is looked at (developers.google.com/discovery/v1/reference/apis). */
interface Discovery {
  parameters: Record<string, Schema>;
  schemas: Record<string, Schema>;
  resources: Record<string, { methods?: Record<string, Method> }>;
}

interface Method {
  httpMethod: string;
  flatPath: string;
  parameters?: Record<string, Schema>;
  response?: { $ref: string };
  scopes: string[];
}

interface Schema {
  type?: string;
  $ref?: string;
  format?: string;
  location?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  enum?: string[];
  minimum?: string;
  maximum?: string;
}

/** The description is of April 2026; the vendor's library of November knows these too. */
const newer: Readonly<Record<string, readonly string[]>> = { User: ['archivalTime', 'suspensionTime'] };

export interface VendorJudge {
  /** One sentence for each thing in an exchange that the vendor's description does not have. */
  judge(request: Pick<Received, 'method' | 'path' | 'query'>, reply: Reply): string[];
  /** The names that an object of a schema may hold. */
  names(schema: string): string[];
  /** The parameters of a method, such as `users.list`, and what is needed to call it. */
  method(name: string): { parameters: Readonly<Record<string, Schema>>; scopes: readonly string[] };
}

/** Google's discovery document of the Directory API as a judge; null where it is not there. */
export function vendorJudge(): VendorJudge | null {
  const file = vendorFile('google/admin-directory_v1.json');
  if (file === null) return null;
  // The document is the vendor's, and only the parts named above are read; a wrong one makes a test fail.
  const { schemas, parameters: standard, resources } = JSON.parse(readFileSync(file, 'utf8')) as Discovery;
  const methods = Object.values(resources).flatMap((resource) => Object.values(resource.methods ?? {}));
  const check = checks(schemas);

  return {
    judge: ({ method, path, query }, { status, body }) => {
      if (!path.startsWith('/admin/directory/')) return [];
      const described = methods.find((each) => each.httpMethod === method && fits(each.flatPath, path));
      if (!described) return [`${method} ${path} is not described`];
      const known = { ...standard, ...described.parameters };
      const faults = [...query].flatMap(([name, value]) => {
        const schema = known[name];
        if (schema?.location !== 'query') return [`the parameter ${name} is not described`];
        return status >= 400 ? [] : valueFaults(name, schema, value);
      });
      // Of what it refuses, the vendor describes nothing.
      if (status === 200) faults.push(...check(described.response?.$ref ?? '', JSON.parse(body)));
      return faults.map((fault) => `${method} ${path}: ${fault}`);
    },
    names: (schema) => [...Object.keys(schemas[schema]?.properties ?? {}), ...(newer[schema] ?? [])],
    method: (name) => {
      const [resource = '', method = ''] = name.split('.');
      const { parameters = {}, scopes = [] } = resources[resource]?.methods?.[method] ?? {};
      return { parameters, scopes };
    },
  };
}

const fits = (template: string, path: string): boolean => {
  const [expected, parts] = [template.split('/'), path.slice(1).split('/')];
  return expected.length === parts.length && expected.every((part, at) => part === parts[at] || part.startsWith('{'));
};

/** A value that was taken and could not be. More than the description's maximum is refused, and so is none of its words. */
function valueFaults(name: string, schema: Schema, value: string): string[] {
  if (schema.enum && !schema.enum.includes(value)) return [`${name} cannot be ${value}`];
  if (schema.type === 'boolean' && !/^(true|false)$/.test(value)) return [`${name} is true or false`];
  if (schema.type !== 'integer') return [];
  const { minimum = '-Infinity', maximum = 'Infinity' } = schema;
  return Number(value) >= Number(minimum) && Number(value) <= Number(maximum) ? [] : [`${name} cannot be ${value}`];
}

/** Checks a value as strictly as it can be: what its schema does not name is a fault. */
function checks(schemas: Readonly<Record<string, Schema>>): (name: string, value: unknown) => string[] {
  const ajv = new Ajv({ strict: false, formats: { int32: true, int64: /^-?\d+$/, 'date-time': dateTime } });
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(jsonSchema(schema, newer[name] ?? []), name);
  return (name, value) => {
    const validate: ValidateFunction | undefined = ajv.getSchema(name);
    if (!validate) return [`the schema ${name} is not described`];
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
  };
}

const dateTime = (value: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value);

/** Discovery's dialect is JSON Schema's third draft, with `any` for a value of any type, and limits that are texts. */
function jsonSchema(schema: Schema, more: readonly string[] = []): Record<string, unknown> {
  const { $ref, type, format, items, properties, additionalProperties: others } = schema;
  const held = Object.entries(properties ?? {}).map(([name, each]) => [name, jsonSchema(each)]);
  return {
    ...($ref === undefined ? {} : { $ref }),
    ...(type === undefined || type === 'any' ? {} : { type }),
    ...(format === undefined ? {} : { format }),
    ...(items ? { items: jsonSchema(items) } : {}),
    ...(typeof others === 'object' ? { additionalProperties: jsonSchema(others) } : {}),
    ...(properties
      ? { properties: Object.fromEntries([...held, ...more.map((name) => [name, {}])]), additionalProperties: false }
      : {}),
  };
}
