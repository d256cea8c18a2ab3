import { z } from 'zod';
import { configurationSchema, type SourceTypes } from './schema.ts';
import { takesSecret } from './shape.ts';
import { CUSTOM } from './written-rules.ts';

type Json = z.core.JSONSchema.BaseSchema;

/**
 * The JSON Schema (draft-07, which every YAML plug-in of an editor reads) of the configuration file. Where a reference
 * is replaced, one is allowed instead of what the key takes otherwise.
 */
export function jsonSchema(types: SourceTypes): Json {
  const root = z.toJSONSchema(configurationSchema(types), {
    target: 'draft-07',
    io: 'input',
    unrepresentable: ({ zodSchema }) => (takesSecret(zodSchema) ? { type: 'string', minLength: 1 } : 'throw'),
    override: ({ zodSchema, jsonSchema: json, path }) => {
      if ('written' in json) allowAnyScalar(json);
      else if (isReplaceable(json, path)) allowReference(json);
      if ('custom' in json) allowCustom(json);
      if (json.oneOf) chooseByType(json);
      if (zodSchema._zod.def.type === 'object' && path.length === 0) json.patternProperties = { '^x-': {} };
    },
  });
  return { ...root, title: 'rosterd configuration' };
}

/** Alternatives as a chain of if and then: an editor looks at the one that `type` names, and speaks of that alone. */
function chooseByType(json: Json): void {
  const { oneOf = [] } = json;
  delete json.oneOf;
  const options = oneOf.map((option) => ({ option, type: String(Object(option.properties?.type).const) }));
  json.type = 'object';
  json.required = ['type'];
  json.properties = {
    type: { type: 'string', enum: options.map(({ type }) => type), description: 'The kind of identity provider' },
  };
  json.allOf = options.map(({ option, type }) =>
    // Not as a literal: an object with a `then` looks like a promise to a linter.
    Object.fromEntries([
      ['if', { properties: { type: { const: type } } }],
      ['then', option],
    ]),
  );
}

/** A plain text takes a reference anyhow. */
function isReplaceable(json: Json, path: readonly (string | number)[]): boolean {
  const name = path.at(-1);
  if (name === 'name' || name === 'type' || json.anyOf || path.includes('customAttributes')) return false;
  return json.type === 'string' && (json.enum !== undefined || json.format !== undefined || json.pattern !== undefined);
}

/** A rule, or a text of a table: rosterd reads as written what YAML takes for a number or for nothing. */
function allowAnyScalar(json: Json): void {
  delete json.type;
  delete json.written;
  json.anyOf = ['string', 'number', 'boolean', 'null'].map((type) => ({ type }) as Json);
}

/** Attributes of the file's own stand beside the standard ones; which there are, no schema knows. */
function allowCustom(json: Json): void {
  delete json.custom;
  json.patternProperties = { [CUSTOM.source]: {} };
}

function allowReference(json: Json): void {
  const { description, default: fallback, ...rest } = json;
  for (const key of Object.keys(rest)) delete json[key];
  json.anyOf = [rest, { type: 'string', pattern: '\\$\\{(env|file):[^}]+\\}' }];
  if (description !== undefined) json.description = description;
  if (fallback !== undefined) json.default = fallback;
}
