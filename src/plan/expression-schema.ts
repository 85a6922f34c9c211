/** Parsers of types and expressions in JSON. Strict: what a plan says and nobody knows is an error, not ignored. */

import * as z from 'zod';
import type { DataType, TypeKind } from '../columnar/data-type.ts';
import type { Field } from '../columnar/schema.ts';
import { AGGREGATES } from '../expressions/aggregate-functions.ts';
import type {
  AggregateCall,
  AggregateFunction,
  AggregateOptions,
  Expression,
  NamedExpression,
} from '../expressions/expression.ts';
import type { JsonValue } from '../expressions/literal.ts';
import type { SortKey } from './plan-node.ts';

/** Characters of a name: of a column, a source, a function. */
const MAX_NAME_CHARACTERS = 1_000;

/** The text of a name: not empty, well-formed Unicode, and not the one key that JavaScript objects treat as their own. */
export const nameSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .max(MAX_NAME_CHARACTERS)
  .refine((name) => name.isWellFormed(), 'must be well-formed Unicode')
  .refine((name) => name !== '__proto__', 'is not allowed as a name');

const simpleType = <Kind extends TypeKind>(kind: Kind) => z.strictObject({ kind: z.literal(kind) });

const decimalType = z
  .strictObject({
    kind: z.literal('decimal'),
    precision: z.int().min(1).max(38).describe('Digits, 1 to 38.'),
    scale: z.int().min(0).max(38).describe('Digits behind the point, at most the precision.'),
  })
  .refine(({ precision, scale }) => scale <= precision, { path: ['scale'], error: 'must not exceed the precision' });

const numberType: z.ZodType<DataType> = z.discriminatedUnion('kind', [
  simpleType('int8'),
  simpleType('int16'),
  simpleType('int32'),
  simpleType('int64'),
  simpleType('uint8'),
  simpleType('uint16'),
  simpleType('uint32'),
  simpleType('uint64'),
  simpleType('float16'),
  simpleType('float32'),
  simpleType('float64'),
]);

const haveUniqueNames = (fields: readonly Field[]): boolean =>
  new Set(fields.map(({ name }) => name)).size === fields.length;

const timestampType = z.strictObject({
  kind: z.literal('timestamp'),
  unit: z.enum(['s', 'ms', 'us', 'ns']),
  timezone: z
    .string()
    .regex(/^[A-Za-z0-9_+\-:/]{1,64}$/, 'must be the name of a time zone, such as "UTC"')
    .nullable()
    .describe('null: a clock on the wall.'),
});

const timeUnit = z.enum(['s', 'ms', 'us', 'ns']);
const clockUnit = z.enum(['us', 'ns']);
/** Values of a list of fixed size, bytes of a binary, dimensions of a tensor: a hostile one would be memory for nothing. */
const sizeSchema = z.int().min(1).max(65_536);

// A type may contain types.
const dataType: z.ZodType<DataType> = z.lazy(() => dataTypeSchema);

export const dataTypeSchema: z.ZodType<DataType> = z
  .discriminatedUnion('kind', [
    simpleType('null'),
    simpleType('bool'),
    simpleType('int8'),
    simpleType('int16'),
    simpleType('int32'),
    simpleType('int64'),
    simpleType('uint8'),
    simpleType('uint16'),
    simpleType('uint32'),
    simpleType('uint64'),
    simpleType('float16'),
    simpleType('float32'),
    simpleType('float64'),
    simpleType('utf8'),
    simpleType('binary'),
    z.strictObject({ kind: z.literal('fixed-size-binary'), size: sizeSchema.describe('Bytes.') }),
    simpleType('uuid'),
    simpleType('date'),
    decimalType,
    z.strictObject({ kind: z.literal('time'), unit: clockUnit }),
    timestampType,
    z.strictObject({ kind: z.literal('duration'), unit: timeUnit }),
    simpleType('interval'),
    z.strictObject({
      kind: z.literal('list'),
      item: dataType,
    }),
    z.strictObject({
      kind: z.literal('fixed-size-list'),
      item: dataType,
      size: sizeSchema,
    }),
    z.strictObject({
      kind: z.literal('struct'),
      get fields(): z.ZodType<readonly Field[]> {
        return z.array(fieldSchema).min(1).refine(haveUniqueNames, 'the names of fields must be unique');
      },
    }),
    z.strictObject({
      kind: z.literal('map'),
      key: dataType,
      value: dataType,
    }),
    z.strictObject({ kind: z.literal('embedding'), item: numberType, size: sizeSchema }),
    z.strictObject({
      kind: z.literal('tensor'),
      item: numberType,
      shape: z
        .array(sizeSchema)
        .min(1)
        .max(8)
        .refine((shape) => shape.reduce((a, b) => a * b, 1) <= 2 ** 20, 'has too many values')
        .optional(),
    }),
    simpleType('file'),
  ])
  .meta({ id: 'DataType', description: 'The type of a column or a literal.' });

export const fieldSchema: z.ZodType<Field> = z
  .strictObject({
    name: nameSchema,
    type: dataTypeSchema,
    nullable: z.boolean().describe('false promises that no value is null.'),
  })
  .meta({ id: 'Field', description: 'A column of a schema.' });

/** Any: `document-limits.ts` has seen that the document is JSON, and binding holds the value against its type. */
export const jsonValueSchema: z.ZodType<JsonValue> = z.custom<JsonValue>(
  (value) => value !== undefined,
  'expected a value',
);

const OPERATORS = [
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '<=>',
  'and',
  'or',
  'xor',
  '<<',
  '>>',
] as const;

// An expression contains expressions.
const expression: z.ZodType<Expression> = z.lazy(() => expressionSchema);

export const expressionSchema: z.ZodType<Expression> = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('column'), name: nameSchema }),
    z.strictObject({
      kind: z.literal('literal'),
      type: dataTypeSchema,
      value: jsonValueSchema.describe(
        'Text for what JSON numbers cannot hold exactly: "9007199254740993", "1.50", "2001-01-31", "2001-01-31T08:00:00.5".',
      ),
    }),
    z.strictObject({
      kind: z.literal('binary'),
      operator: z.enum(OPERATORS),
      left: expression,
      right: expression,
    }),
    z.strictObject({
      kind: z.literal('not'),
      input: expression,
    }),
    z.strictObject({
      kind: z.literal('is-null'),
      input: expression,
    }),
    z.strictObject({
      kind: z.literal('is-not-null'),
      input: expression,
    }),
    z.strictObject({
      kind: z.literal('cast'),
      input: expression,
      type: dataTypeSchema,
      try: z.boolean().optional().describe('Null instead of an error where the value does not fit the type.'),
    }),
    z.strictObject({
      kind: z.literal('if-else'),
      condition: expression,
      // biome-ignore lint/suspicious/noThenProperty: a word of the plan language; expressions are never awaited.
      then: expression,
      otherwise: expression,
    }),
    z.strictObject({
      kind: z.literal('function'),
      name: nameSchema,
      arguments: z.array(expression),
    }),
    z.strictObject({
      kind: z.literal('coalesce'),
      inputs: z.array(expression).min(1),
    }),
    z.strictObject({
      kind: z.literal('fill-null'),
      input: expression,
      fill: expression,
    }),
    z.strictObject({
      kind: z.literal('is-in'),
      input: expression,
      list: z.array(expression),
    }),
    z.strictObject({
      kind: z.literal('between'),
      input: expression,
      low: expression,
      high: expression,
    }),
    z.strictObject({
      kind: z.literal('list'),
      items: z.array(expression).min(1),
    }),
    z.strictObject({
      kind: z.literal('alias'),
      name: nameSchema,
      input: expression,
    }),
    z.strictObject({
      kind: z.literal('lambda'),
      parameters: z.array(nameSchema).min(1).max(4),
      body: expression,
    }),
    z.strictObject({ kind: z.literal('parameter'), name: nameSchema }),
  ])
  .meta({ id: 'Expression', description: 'A value per row, of columns by name.' });

export const namedExpressionSchema: z.ZodType<NamedExpression> = z
  .strictObject({ name: nameSchema, expression: expressionSchema })
  .meta({ id: 'NamedExpression', description: 'A column that a node makes.' });

/** Of one call. */
const MAX_PERCENTILES = 1_000;
const percentile = z.number().min(0).max(1);

export const aggregateOptionsSchema: z.ZodType<AggregateOptions> = z
  .strictObject({
    mode: z
      .enum(['valid', 'all', 'null'])
      .optional()
      .describe('Of count: rows whose input is not null (the default), all rows, or those whose input is null.'),
    ddof: z.int().min(0).optional().describe('Of stddev and var: 1, the default, for a sample, 0 for the population.'),
    percentile: percentile.optional().describe('Of percentile.'),
    percentiles: z.array(percentile).min(1).max(MAX_PERCENTILES).optional().describe('Of percentile: several at once.'),
    delimiter: z
      .string()
      .max(MAX_NAME_CHARACTERS)
      .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')
      .optional()
      .describe('Of string_agg: "," where absent.'),
    ignoreNulls: z.boolean().optional().describe('Of any_value (true where absent), first and last (false).'),
  })
  .meta({ id: 'AggregateOptions', description: 'What an aggregate is told beside its inputs.' });

export const aggregateFunctionSchema: z.ZodType<AggregateFunction> = z.enum(
  Object.keys(AGGREGATES) as AggregateFunction[],
);

export const aggregateCallSchema: z.ZodType<AggregateCall> = z
  .strictObject({
    name: nameSchema,
    function: aggregateFunctionSchema,
    input: expressionSchema.optional().describe('Only count may do without, to count rows.'),
    by: expressionSchema.optional().describe('Of min_by and max_by: where this is least or greatest.'),
    filter: expressionSchema.optional().describe('Only rows for which this is true take part.'),
    distinct: z.boolean().optional().describe('Values that are equal take part once.'),
    options: aggregateOptionsSchema.optional(),
  })
  .meta({ id: 'AggregateCall', description: 'One aggregate over the rows of a group. Nulls do not take part.' });

export const sortKeySchema: z.ZodType<SortKey> = z
  .strictObject({
    expression: expressionSchema,
    descending: z.boolean().optional(),
    nullsFirst: z.boolean().optional().describe('Defaults to the value of descending.'),
  })
  .meta({ id: 'SortKey' });
