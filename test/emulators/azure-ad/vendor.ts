import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { vendorFile } from '../openapi.ts';
import type { Reply } from '../reply.ts';
import type { Received } from '../server.ts';

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  properties?: Record<string, unknown>;
  items?: { enum?: string[] };
}

interface Document {
  paths: Record<string, Record<string, { parameters?: (Schema & { name?: string; in?: string; schema?: Schema })[] }>>;
  components: { schemas: Record<string, Schema>; parameters: Record<string, { name: string }> };
}

const FILES = ['users', 'groups', 'organization', 'directoryobjects'];

/** The description is of May 2022; these came later (learn.microsoft.com/graph/changelog). */
const newer: Readonly<Record<string, readonly string[]>> = {
  user: ['preferredDataLocation', 'securityIdentifier', 'serviceProvisioningErrors'],
  group: [
    ...[
      'serviceProvisioningErrors',
      'uniqueName',
      'creationOptions',
      'resourceBehaviorOptions',
      'resourceProvisioningOptions',
    ],
  ],
};

/** What stands for a path that the description lacks: a cast has the rows of its kind, one object is one object. */
const alike: readonly (readonly [RegExp, string])[] = [
  [/^\/users\/delta$/, '/users'],
  [/^\/groups\/delta$/, '/groups'],
  [/^\/directory\/deletedItems\/microsoft\.graph\.(user|group)$/, '/$1s'],
  [/^\/directory\/deletedItems\/([^/]+)(\/microsoft\.graph\.\w+)?$/, '/directoryObjects/$1'],
  [/^\/users\/([^/]+)\/manager$/, '/directoryObjects/$1'],
  [/^(\/(?:groups|users)\/[^/]+\/\w+)\/microsoft\.graph\.\w+$/, '$1'],
  [/^\/directoryObjects\/getByIds$/, '/directoryObjects/microsoft.graph.getByIds'],
];

/** Neither is in the vendor's description, nor anything like it. */
const UNDESCRIBED = /^\/(servicePrincipals\b|.*\/\$count$)/;

/** The row that a path's answer holds, where the row itself does not say. */
const rowTypes: readonly (readonly [RegExp, string])[] = [
  [/^\/(users|directory\/deletedItems\/microsoft\.graph\.user)|\/microsoft\.graph\.user$/, 'user'],
  [/^\/(groups|directory\/deletedItems\/microsoft\.graph\.group)|\/microsoft\.graph\.group$/, 'group'],
  [/^\/organization/, 'organization'],
];

/** One sentence for each thing in an exchange that the vendor's description does not have. */
export type GraphJudge = (request: Pick<Received, 'method' | 'path' | 'query'>, reply: Reply) => string[];

/** Microsoft's OpenAPI description of Graph as a judge; null where it is not there. */
export function vendorJudge(): GraphJudge | null {
  const files = FILES.map((name) => vendorFile(`entra/msgraph-${name}-trimmed.json`));
  if (files.includes(null)) return null;
  // The documents are the vendor's, and only the parts named above are read; a wrong one makes a test fail.
  const documents = files.map((file) => JSON.parse(readFileSync(file ?? '', 'utf8')) as Document);
  const paths = Object.assign({}, ...documents.map((each) => each.paths)) as Document['paths'];
  const schemas = Object.assign({}, ...documents.map((each) => each.components.schemas)) as Record<string, Schema>;
  const common = Object.assign(
    {},
    ...documents.map((each) => each.components.parameters),
  ) as Document['components']['parameters'];
  const rows = rowChecks(schemas);

  return ({ method, path: asked, query }, { status, body }) => {
    const path = asked.replace(/^\/v1\.0/, '');
    if (UNDESCRIBED.test(path)) return [];
    const template = templateOf(Object.keys(paths), path);
    const operation = template === undefined ? undefined : paths[template]?.[method.toLowerCase()];
    if (!operation) return [`${method} ${path} is not described`];
    const type = rowTypes.find(([pattern]) => pattern.test(path))?.[1] ?? 'directoryObject';
    const parameters = (operation.parameters ?? []).map((each) => {
      const name = each.name ?? common[each.$ref?.split('/').at(-1) ?? '']?.name ?? '';
      return { name, allowed: each.schema?.items?.enum ?? null };
    });
    const faults = [...query].flatMap(([name, value]) => parameterFaults(parameters, name, value, type));
    if (status >= 400) faults.push(...rows('odata.error', JSON.parse(body)));
    else faults.push(...rowsOf(JSON.parse(body)).flatMap((row) => rows(`microsoft.graph.${typeOf(row) ?? type}`, row)));
    return faults.map((fault) => `${method} ${path}: ${fault}`);
  };
}

function templateOf(templates: readonly string[], path: string): string | undefined {
  const fitting = (wanted: string) =>
    templates.find((template) => {
      const [expected, parts] = [template.split('/'), wanted.split('/')];
      const fits = (part: string, at: number) =>
        part === parts[at] || (part.startsWith('{') && !/^microsoft\./.test(parts[at] ?? ''));
      return expected.length === parts.length && expected.every(fits);
    });
  for (const [pattern, other] of alike) if (pattern.test(path)) return fitting(path.replace(pattern, other));
  return fitting(path);
}

type Parameter = { name: string; allowed: readonly string[] | null };

function parameterFaults(parameters: readonly Parameter[], name: string, value: string, type: string): string[] {
  // Tokens are opaque and in no description; a delta query and getByIds take a selection, though it says nothing of it.
  if (/^\$(skip|delta)token$/.test(name)) return [];
  const parameter = parameters.find((each) => each.name === name);
  if (!parameter) return name === '$select' ? [] : [`the parameter ${name} is not described`];
  if (!parameter.allowed) return [];
  const parts = name === '$expand' ? [value.replace(/\(.*/, '')] : value.split(',');
  const known = new Set([...parameter.allowed, ...(newer[type] ?? [])]);
  const unknown = parts.filter((part) => !known.has(part) && !part.startsWith('extension_') && !relations.has(part));
  return type === 'directoryObject' ? [] : unknown.map((part) => `${name} cannot name ${part}`);
}

/** Delta queries take them among the properties. */
const relations = new Set(['members', 'manager']);

const rowsOf = (body: unknown): unknown[] =>
  body && typeof body === 'object' && 'value' in body && Array.isArray(body.value) ? body.value : [body];

function typeOf(row: unknown): string | null {
  const type = row && typeof row === 'object' && '@odata.type' in row ? String(row['@odata.type']) : '';
  const kind = /^#microsoft\.graph\.(\w+)$/.exec(type)?.[1] ?? null;
  return kind === 'user' || kind === 'group' ? kind : kind === null ? null : 'directoryObject';
}

/** Objects in a row are described as never null, and are null wherever there is none. */
function nullable(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isObject = (schema: unknown) =>
    schema && typeof schema === 'object' && (!('type' in schema) || schema.type === 'object');
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      isObject(schema) ? { anyOf: [schema, { type: 'null' }] } : schema,
    ]),
  );
}

/** Checks a row as strictly as it can be: what its type does not name is a fault, but for OData's own annotations. */
function rowChecks(schemas: Readonly<Record<string, Schema>>): (name: string, row: unknown) => string[] {
  // OData's annotations may stand in every object, and the description does not have them.
  const relaxed: typeof schemas = JSON.parse(
    JSON.stringify(schemas).replaceAll(/,?"additionalProperties":\{"type":"object"\}/g, ''),
  );
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'vendor', components: { schemas: relaxed } });
  const compiled = new Map<string, ValidateFunction>();
  const flat = (schema: Schema): Record<string, unknown> =>
    Object.assign(
      {},
      schema.$ref ? flat(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : {},
      ...(schema.allOf ?? []).map(flat),
      schema.properties,
    );
  const checkOf = (name: string): ValidateFunction => {
    const added = (newer[name.replace('microsoft.graph.', '')] ?? []).map((property) => [property, {}]);
    // A device or a contact is a directory object here, with properties of its own.
    const open = name.endsWith('directoryObject') || name === 'odata.error';
    const schema = {
      type: 'object',
      properties: { ...nullable(flat(schemas[name] ?? {})), ...Object.fromEntries(added) },
      patternProperties: { '@|^extension_': {} },
      additionalProperties: open,
      required: schemas[name] && 'required' in schemas[name] ? schemas[name].required : [],
    };
    return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"vendor#/components')));
  };
  return (name, row) => {
    const validate = compiled.get(name) ?? checkOf(name);
    compiled.set(name, validate);
    if (validate(row)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
  };
}
