import { z } from 'zod';
import { configurationSchema, type SourceTypes } from './schema.ts';
import { takesSecret } from './shape.ts';

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
      if (isReplaceable(json, path)) allowReference(json);
      if (zodSchema._zod.def.type === 'object' && path.length === 0) json.patternProperties = { '^x-': {} };
    },
  });
  return { ...root, title: 'rosterd configuration' };
}

/** A plain text takes a reference anyhow. */
function isReplaceable(json: Json, path: readonly (string | number)[]): boolean {
  const name = path.at(-1);
  if (name === 'name' || name === 'type' || json.anyOf) return false;
  return json.type === 'string' && (json.enum !== undefined || json.format !== undefined || json.pattern !== undefined);
}

function allowReference(json: Json): void {
  const { description, default: fallback, ...rest } = json;
  for (const key of Object.keys(rest)) delete json[key];
  json.anyOf = [rest, { type: 'string', pattern: '\\$\\{(env|file):[^}]+\\}' }];
  if (description !== undefined) json.description = description;
  if (fallback !== undefined) json.default = fallback;
}
