import {
  safeParse,
  ZodArray,
  ZodBoolean,
  ZodDefault,
  ZodDiscriminatedUnion,
  ZodEnum,
  ZodExactOptional,
  ZodLiteral,
  ZodNullable,
  ZodObject,
  ZodOptional,
  ZodPrefault,
  ZodRecord,
  ZodString,
  type ZodType,
  ZodUnion,
  type z,
} from 'zod';
import { Secret } from '../model/secret.ts';

const PLAIN = [ZodObject, ZodArray, ZodRecord, ZodString, ZodBoolean, ZodEnum, ZodLiteral];
const PROBE = Secret.of('probe');

/** Whether a schema takes a credential. Only what is none of zod's own kinds can; to try those too would take long. */
export const takesSecret = (schema: z.core.$ZodType): boolean =>
  !PLAIN.some((kind) => unwrap(schema as ZodType) instanceof kind) && safeParse(schema, PROBE).success;

/** The schema of what stands under `key` of `value`; undefined where the schema has no such key. */
export function childSchema(schema: ZodType, key: string | number, value: unknown): ZodType | undefined {
  const object = objectSchema(schema, value);
  if (object) return Object.hasOwn(object.shape, key) ? (object.shape[key] as ZodType) : undefined;
  const bare = unwrap(schema);
  if (bare instanceof ZodRecord) return bare.valueType as ZodType;
  const list = bare instanceof ZodUnion ? bare.options.find((option) => option instanceof ZodArray) : bare;
  return list instanceof ZodArray && typeof key === 'number' ? (list.element as ZodType) : undefined;
}

/** The object that `schema` is; of alternatives the one that `value` chooses, or the only object. */
export function objectSchema(schema: ZodType, value: unknown): ZodObject | undefined {
  const bare = unwrap(schema);
  if (bare instanceof ZodObject) return bare;
  if (!(bare instanceof ZodDiscriminatedUnion)) {
    return bare instanceof ZodUnion ? bare.options.find((option) => option instanceof ZodObject) : undefined;
  }
  const key = bare.def.discriminator;
  const chosen = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return options(bare).find((option) => {
    const literal = option.shape[key];
    return literal instanceof ZodLiteral && literal.values.has(chosen);
  });
}

/** The names of the keys whose values may be shown: those that never take a credential. */
export function visibleKeys(schema: ZodType): Set<string> {
  const visible = new Set<string>();
  const hidden = new Set<string>();
  const walk = (at: ZodType): void => {
    const bare = unwrap(at);
    if (bare instanceof ZodArray) walk(bare.element as ZodType);
    if (bare instanceof ZodUnion) for (const option of bare.options) walk(option as ZodType);
    if (bare instanceof ZodRecord) walk(bare.valueType as ZodType);
    if (!(bare instanceof ZodObject)) return;
    for (const [key, child] of Object.entries(bare.shape)) {
      (takesSecret(child as ZodType) ? hidden : visible).add(key);
      walk(child as ZodType);
    }
  };
  walk(schema);
  for (const key of hidden) visible.delete(key);
  return visible;
}

const WRAPPERS = [ZodOptional, ZodExactOptional, ZodNullable, ZodDefault, ZodPrefault];

// zod's classes are generic over what its core types call a schema; all of ours were built with `z`.
function unwrap(schema: ZodType): ZodType {
  return WRAPPERS.some((wrapper) => schema instanceof wrapper)
    ? unwrap((schema as ZodOptional).unwrap() as ZodType)
    : schema;
}

const options = (union: ZodDiscriminatedUnion): ZodObject[] =>
  union.options.filter((option) => option instanceof ZodObject);
