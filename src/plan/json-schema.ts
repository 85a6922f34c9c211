import * as z from 'zod';
import { jsonValueSchema } from './expression-schema.ts';
import { rowsSchema, taskSchema } from './schema.ts';

/** The JSON Schema (draft 2020-12) of a task, for editors and for other languages. It cannot say what binding checks. */
export function taskJsonSchema(): Readonly<Record<string, unknown>> {
  return documentJsonSchema(taskSchema);
}

/** That of any document made of the schemas of this layer. */
export function documentJsonSchema(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    // What is checked by hand has no shape that zod could tell.
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (isOrWraps(zodSchema, jsonValueSchema)) jsonSchema.type = VALUE_TYPES;
      if (isOrWraps(zodSchema, rowsSchema)) {
        jsonSchema.type = 'array';
        jsonSchema.items = { type: 'object', additionalProperties: { type: VALUE_TYPES } };
      }
    },
  });
}

// zod types `type` as one word, and the standard allows several.
const VALUE_TYPES = ['null', 'boolean', 'number', 'string', 'array', 'object'] as unknown as 'null';

/** A description makes a copy of a schema, which shares its definition. */
const isOrWraps = (schema: z.core.$ZodType, wanted: z.ZodType): boolean => schema._zod.def === wanted._zod.def;
