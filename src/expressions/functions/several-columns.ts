/** Across the columns of a row, as aggregates are across the rows of a column: nulls do not take part. */

import {
  type DataType,
  decimal,
  float64,
  int64,
  isFloat,
  isInteger,
  isNumeric,
  isUnsigned,
  uint64,
} from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { order } from '../value-order.ts';
import { type Call, common, define, type FunctionDefinition, repeated } from './function-definition.ts';
import { ANY, NUMBER } from './parameter-kinds.ts';

const present = (values: readonly (Value | undefined)[]): NonNullable<Value>[] =>
  values.filter((value) => value !== null && value !== undefined);

/** As sums over rows have it: int64, uint64, float64, decimal(38, s). */
function sumType({ types: [type] }: Call): DataType | string {
  if (type?.kind === 'decimal') return decimal(38, type.scale);
  if (type !== undefined && isInteger(type)) return isUnsigned(type) ? uint64 : int64;
  return float64;
}

/** Added exactly where they are whole, from left to right where they are floats. */
function total(values: readonly NonNullable<Value>[], type: DataType): number | bigint {
  if (isFloat(type)) return values.reduce((sum: number, value) => sum + Number(value), 0);
  return values.reduce((sum: bigint, value) => sum + wholeOf(value), 0n);
}

const extreme = (
  name: string,
  aliases: readonly string[],
  doc: string,
  sign: number,
  result: string,
): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'several columns',
    doc,
    nulls: 'own',
    nullWhere: 'all',
    parameters: [common(repeated('values', ANY))],
    result: ({ types: [type] }) => type as DataType,
    evaluate: (...values: readonly Value[]) => {
      const [first, ...rest] = present(values);
      if (first === undefined) return null;
      return rest.reduce((best, value) => (sign * order(value, best) > 0 ? value : best), first);
    },
    examples: [[[1n, 3n, null, 2n], result]],
  });

export const SEVERAL_COLUMNS_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'columns_sum',
    family: 'several columns',
    doc: 'The sum of the values in the row; null where all are.',
    nulls: 'own',
    nullWhere: 'all',
    canFail: true,
    parameters: [common(repeated('values', NUMBER))],
    result: sumType,
    prepare:
      ({ types: [type] }) =>
      (...values: readonly Value[]) => {
        const given = present(values);
        return given.length === 0 ? null : total(given, type as DataType);
      },
    examples: [
      [[1n, null, 2n], '3'],
      [[1.5, 2.5], 4],
    ],
  }),
  define({
    name: 'columns_mean',
    aliases: ['columns_avg'],
    family: 'several columns',
    doc: 'The mean of the values in the row, as a float64; null where all are.',
    nulls: 'own',
    nullWhere: 'all',
    parameters: [common(repeated('values', NUMBER))],
    result: ({ types: [type] }) => (type !== undefined && isNumeric(type) ? float64 : 'columns_mean takes numbers.'),
    prepare: ({ types: [type] }) => {
      const unit = type?.kind === 'decimal' ? Number(`1e${type.scale}`) : 1;
      return (...values: readonly Value[]) => {
        const given = present(values);
        return given.length === 0 ? null : Number(total(given, type as DataType)) / unit / given.length;
      };
    },
    examples: [[[1n, null, 2n], 1.5]],
  }),
  extreme('columns_min', ['least'], 'The least of the values in the row; null where all are.', -1, '1'),
  extreme('columns_max', ['greatest'], 'The greatest of the values in the row; null where all are.', 1, '3'),
];
