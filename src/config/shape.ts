import {
  safeParse,
  ZodArray,
  ZodDefault,
  ZodDiscriminatedUnion,
  ZodLiteral,
  ZodObject,
  ZodOptional,
  ZodPrefault,
  type ZodType,
  type z,
} from 'zod';
import { Secret } from '../model/secret.ts';

const PROBE = Secret.of('probe');

/** Whether a schema takes a credential. */
export const takesSecret = (schema: z.core.$ZodType): boolean => safeParse(schema, PROBE).success;

/** The schema of what stands under `key` of `value`; undefined where the schema has no such key. */
export function childSchema(schema: ZodType, key: string | number, value: unknown): ZodType | undefined {
  const object = objectSchema(schema, value);
  if (object) return Object.hasOwn(object.shape, key) ? (object.shape[key] as ZodType) : undefined;
  const bare = unwrap(schema);
  return bare instanceof ZodArray && typeof key === 'number' ? (bare.element as ZodType) : undefined;
}

/** The object that `schema` is; of alternatives the one that `value` chooses. */
export function objectSchema(schema: ZodType, value: unknown): ZodObject | undefined {
  const bare = unwrap(schema);
  if (bare instanceof ZodObject) return bare;
  if (!(bare instanceof ZodDiscriminatedUnion)) return undefined;
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
    if (bare instanceof ZodDiscriminatedUnion) for (const option of options(bare)) walk(option);
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

// zod's classes are generic over what its core types call a schema; all of ours were built with `z`.
function unwrap(schema: ZodType): ZodType {
  if (schema instanceof ZodOptional || schema instanceof ZodDefault || schema instanceof ZodPrefault)
    return unwrap(schema.unwrap() as ZodType);
  return schema;
}

const options = (union: ZodDiscriminatedUnion): ZodObject[] =>
  union.options.filter((option) => option instanceof ZodObject);
