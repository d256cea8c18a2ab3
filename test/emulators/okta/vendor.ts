import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { vendorFile } from '../openapi.ts';
import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  anyOf?: Schema[];
  type?: string;
  nullable?: boolean;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  [key: string]: unknown;
}

interface Parameter {
  $ref?: string;
  name?: string;
  in?: string;
  schema?: Schema;
}

interface Operation {
  parameters?: Parameter[];
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

/** What of the vendor's OpenAPI document is looked at. */
interface Document {
  paths: Record<string, { get?: Operation }>;
  components: { schemas: Record<string, Schema>; parameters: Record<string, Parameter> };
}

/** What real answers have beside their description, by the name of the schema. */
const newer: Readonly<Record<string, readonly string[]>> = {
  UserCredentials: ['emails'],
};

/** What real answers have as null, though the description does not let them. */
const nullable: Readonly<Record<string, readonly string[]>> = {
  OktaUserGroupProfile: ['description'],
  OktaActiveDirectoryGroupProfile: ['description'],
  OrgSetting: ['expiresAt', 'website', 'phoneNumber'],
};

/** One sentence for each thing in an exchange that the vendor's description does not have. */
export type OktaJudge = (request: Pick<Received, 'method' | 'path' | 'query'>, reply: Reply) => string[];

const nameOf = (ref: string) => ref.split('/').at(-1) ?? '';

/** Okta's OpenAPI description as a judge, read as strictly as it can be; null where it is not there. */
export function vendorJudge(): OktaJudge | null {
  const file = vendorFile('okta/okta-management-trimmed.json');
  if (file === null) return null;
  // The document is the vendor's, and only the parts named above are read; a wrong one makes a test fail.
  const { paths, components } = JSON.parse(readFileSync(file, 'utf8')) as Document;
  const checks = checksOf(components.schemas);
  return ({ method, path: asked, query }, { status, body }) => {
    const path = asked.replace(/\/+$/, '');
    const template = Object.keys(paths).find((each) => fits(each, path));
    const operation = template === undefined ? undefined : paths[template]?.get;
    const faults: string[] = [];
    if (status >= 400) faults.push(...checks({ $ref: '#/components/schemas/Error' }, JSON.parse(body)));
    if (method !== 'GET' || !operation) {
      return [...faults, ...(status < 400 ? ['is not described'] : [])].map((fault) => `${method} ${path}: ${fault}`);
    }
    const known = (operation.parameters ?? []).map((each) =>
      each.$ref ? components.parameters[nameOf(each.$ref)] : each,
    );
    for (const [name, value] of query) {
      const parameter = known.find((each) => each?.in === 'query' && each.name === name);
      if (!parameter) faults.push(`the parameter ${name} is not described`);
      else
        faults.push(
          ...checks(parameter.schema ?? {}, typed(parameter.schema, value)).map((fault) => `${name}${fault}`),
        );
    }
    const schema = operation.responses['200']?.content?.['application/json']?.schema;
    if (status === 200) faults.push(...(schema ? checks(schema, JSON.parse(body)) : ['its answer is not described']));
    return faults.map((fault) => `${method} ${path}: ${fault}`);
  };
}

const fits = (template: string, path: string): boolean => {
  const [expected, parts] = [template.split('/'), path.split('/')];
  return expected.length === parts.length && expected.every((part, at) => part.startsWith('{') || part === parts[at]);
};

const typed = (schema: Schema | undefined, value: string): unknown =>
  schema?.type === 'integer' && /^-?\d+$/.test(value) ? Number(value) : value;

function checksOf(schemas: Record<string, Schema>): (schema: Schema, value: unknown) => string[] {
  const formats = {
    int32: true,
    password: true,
    email: /^[^@\s]+@[^@\s]+$/,
    uri: true,
    'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/,
  } as const;
  const ajv = new Ajv({ strict: false, formats });
  const compiled = new Map<string, ValidateFunction>();
  return (schema, value) => {
    const key = JSON.stringify(schema);
    const validate = compiled.get(key) ?? ajv.compile(closed(schema, schemas));
    compiled.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
  };
}

/** The schema with all that it refers to in it, and nothing else allowed in an object, unless the vendor says so. */
function closed(schema: Schema, schemas: Record<string, Schema>): Schema {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    const inner = schemas[name] ?? {};
    const added = (newer[name] ?? []).map((property): [string, Schema] => [property, {}]);
    const loosened = Object.entries(inner.properties ?? {}).map(([property, each]): [string, Schema] => [
      property,
      nullable[name]?.includes(property) ? { ...each, nullable: true } : each,
    ]);
    const properties = Object.fromEntries([...loosened, ...added]);
    return closed(inner.properties ? { ...inner, properties } : inner, schemas);
  }
  if (schema.allOf) {
    const { allOf, ...own } = schema;
    const parts = [...allOf.map((each) => closed(each, schemas)), own];
    const properties = Object.assign({}, ...parts.map((each) => each.properties ?? {}));
    const whole: Schema = Object.assign({}, ...parts);
    if (Object.keys(properties).length === 0) return whole;
    const open = parts.some((each) => each.additionalProperties === true);
    return closed({ ...whole, type: 'object', properties, additionalProperties: open }, schemas);
  }
  const { properties, items, anyOf, additionalProperties } = schema;
  // What the vendor writes beside types for its generators would be keywords that nobody knows.
  const own = Object.entries(schema).filter(([name, value]) => !name.startsWith('x-') && value !== undefined);
  const extensible = schema['x-okta-extensible'] === true || (additionalProperties ?? false) !== false;
  return {
    ...Object.fromEntries(own),
    ...(anyOf ? { anyOf: anyOf.map((each) => closed(each, schemas)) } : {}),
    ...(items ? { items: closed(items, schemas) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, each]) => [name, closed(each, schemas)]),
          ),
          additionalProperties: extensible,
        }
      : {}),
  };
}
