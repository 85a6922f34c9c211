/**
 * Rows of JavaScript values as batches.
 *
 *     number       int32 where all values are such, else float64        Date          timestamp(ms), of the clock in UTC
 *     bigint       int64, uint64 where one is beyond                     Uint8Array    binary
 *     string       utf8                                                  an array      a list of what its items are
 *     boolean      bool                                                  an object     a struct of all fields that came
 *
 * undefined is null. Where a schema is given, values may also be what literals of plans are: texts of decimals and dates.
 */

import { BATCH_ROWS } from '../columnar/batch.ts';
import { batchFromRows } from '../columnar/column-from-values.ts';
import {
  binary,
  bool,
  type DataType,
  float64,
  int32,
  int64,
  list,
  nullType,
  storageType,
  struct,
  timestamp,
  typeName,
  uint64,
  utf8,
} from '../columnar/data-type.ts';
import { type KeptBatch, keepBatch } from '../columnar/kept-batch.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import { InvalidArgument } from '../errors.ts';
import { superType } from '../expressions/common-type.ts';
import { type JsonValue, valueFromJson } from '../expressions/literal.ts';
import { MemoryBudget } from '../memory/budget.ts';
import { columnName } from './expr.ts';
import { shownValue } from './shown-value.ts';

export interface GivenRows<B = KeptBatch> {
  readonly schema: Schema;
  readonly rowCount: number;
  readonly batches: readonly B[];
}

type GivenRow = Readonly<Record<string, unknown>>;

/** Columns are those of all rows, in the order in which they first come. @throws InvalidArgument naming row and column */
export function batchesOfRows(rows: readonly GivenRow[], given?: Schema): GivenRows {
  if (!Array.isArray(rows)) throw new InvalidArgument('fromRows takes an array with an object for each row.');
  const wrong = rows.findIndex((row: unknown) => typeof row !== 'object' || row === null || Array.isArray(row));
  if (wrong !== -1) {
    throw new InvalidArgument(
      `Row ${wrong} is ${shownValue(rows[wrong])}: a row is an object, of values by their columns.`,
    );
  }
  const names = given === undefined ? [...new Set(rows.flatMap(Object.keys))] : given.fields.map(({ name }) => name);
  return batches(names, rows.length, (row, name) => (rows[row] as GivenRow)[name], given);
}

/** @throws InvalidArgument where columns differ in length, or naming row and column */
export function batchesOfColumns(columns: Readonly<Record<string, ArrayLike<unknown>>>, given?: Schema): GivenRows {
  const names = given === undefined ? Object.keys(columns) : given.fields.map(({ name }) => name);
  const lengths = names.map((name) => {
    const values: unknown = columns[name] ?? [];
    if (typeof values !== 'object') {
      throw new InvalidArgument(`The column ${JSON.stringify(name)} is ${shownValue(values)}, and no array of values.`);
    }
    return (values as ArrayLike<unknown>).length;
  });
  const [rowCount = 0] = lengths;
  const different = lengths.findIndex((length) => length !== rowCount);
  if (different !== -1) {
    throw new InvalidArgument(
      `The column ${JSON.stringify(names[different])} has ${lengths[different]} values, and ${JSON.stringify(names[0])} has ${rowCount}.`,
    );
  }
  return batches(names, rowCount, (row, name) => columns[name]?.[row], given);
}

function batches(
  names: readonly string[],
  rowCount: number,
  cell: (row: number, name: string) => unknown,
  given: Schema | undefined,
): GivenRows {
  const fields =
    given?.fields ?? names.map((name): Field => inferred(columnName(name), rowCount, (row) => cell(row, name)));
  const found: KeptBatch[] = [];
  for (let start = 0; start < rowCount; start += BATCH_ROWS) {
    const budget = new MemoryBudget(Number.MAX_SAFE_INTEGER);
    using holding = budget.reserve('fromRows');
    const count = Math.min(BATCH_ROWS, rowCount - start);
    const rows = Array.from({ length: count }, (_, at) =>
      fields.map(({ name, type, nullable }) => {
        const value = givenValue(cell(start + at, name), type);
        if (value === undefined || (value === null && !nullable)) {
          throw new InvalidArgument(
            `Row ${start + at}, column ${JSON.stringify(name)}: ${shownValue(cell(start + at, name))} is no ${typeName(type)}.`,
          );
        }
        return value;
      }),
    );
    found.push(keepBatch(batchFromRows(holding, { fields }, rows), budget.linear));
  }
  return { schema: { fields }, rowCount, batches: found };
}

function inferred(name: string, rowCount: number, cell: (row: number) => unknown): Field {
  let type: DataType = nullType;
  for (let row = 0; row < rowCount; row += 1) {
    const value = cell(row);
    const found = typeOf(value);
    const both: DataType | undefined = found === undefined ? undefined : together(type, found);
    if (both === undefined) {
      const why = found === undefined ? 'is a value of no type' : `does not go together with ${typeName(type)}`;
      throw new InvalidArgument(
        `Row ${row}, column ${JSON.stringify(name)}: ${shownValue(value)} ${why}. Give a schema.`,
      );
    }
    type = both;
  }
  return field(name, type);
}

const together = (a: DataType, b: DataType): DataType | undefined => {
  if (a.kind === 'struct' && b.kind === 'struct') return mergedStructs(a.fields, b.fields);
  if (a.kind === 'list' && b.kind === 'list') {
    const item = together(a.item, b.item);
    return item && list(item);
  }
  // What superType makes texts of has been a slip.
  const both = superType(a, b);
  return both?.kind === 'utf8' && a.kind !== b.kind && a.kind !== 'null' && b.kind !== 'null' ? undefined : both;
};

function mergedStructs(a: readonly Field[], b: readonly Field[]): DataType | undefined {
  const names = [...new Set([...a, ...b].map(({ name }) => name))];
  const typeIn = (fields: readonly Field[], name: string): DataType =>
    fields.find((f) => f.name === name)?.type ?? nullType;
  const types = names.map((name) => together(typeIn(a, name), typeIn(b, name)));
  return types.includes(undefined) ? undefined : struct(...names.map((name, at) => field(name, types[at] as DataType)));
}

function typeOf(value: unknown): DataType | undefined {
  if (value === null || value === undefined) return nullType;
  switch (typeof value) {
    case 'boolean':
      return bool;
    case 'number':
      return Number.isInteger(value) && Math.abs(value) < 2 ** 31 && !Object.is(value, -0) ? int32 : float64;
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? int64 : BigInt.asUintN(64, value) === value ? uint64 : undefined;
    case 'string':
      return utf8;
    case 'object':
      return typeOfObject(value);
    default:
      return undefined;
  }
}

function typeOfObject(value: object): DataType | undefined {
  if (value instanceof Date) return timestamp('ms');
  if (value instanceof Uint8Array) return binary;
  if (Array.isArray(value)) {
    const item = value.map(typeOf).reduce<DataType | undefined>((a, b) => a && b && together(a, b), nullType);
    return item && list(item);
  }
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return undefined;
  const fields = Object.entries(value).map(([name, part]) => [name, typeOf(part)] as const);
  return fields.every((entry): entry is [string, DataType] => entry[1] !== undefined)
    ? struct(...fields.map(([name, type]) => field(name, type)))
    : undefined;
}

/** The value of a type; undefined where it is none. */
function givenValue(given: unknown, type: DataType): Value | undefined {
  if (given === null || given === undefined) return null;
  const stored = storageType(type);
  if (given instanceof Uint8Array) return stored.kind === 'binary' ? given : undefined;
  if (given instanceof Date) {
    if (Number.isNaN(given.getTime())) return undefined;
    const text = given.toISOString();
    return stored.kind === 'date'
      ? valueFromJson(text.slice(0, 10), type)
      : valueFromJson(stored.kind === 'timestamp' && stored.timezone !== null ? text : text.slice(0, -1), type);
  }
  if (Array.isArray(given) && (stored.kind === 'list' || stored.kind === 'fixed-size-list')) {
    return allOf(given.map((item) => givenValue(item, stored.item)));
  }
  if (typeof given === 'object' && stored.kind === 'struct') {
    return allOf(stored.fields.map(({ name, type: part }) => givenValue((given as GivenRow)[name], part)));
  }
  if (typeof given === 'bigint') return valueFromJson(String(given), type);
  if (typeof given === 'number')
    return Number.isFinite(given) ? valueFromJson(given, type) : valueFromJson(String(given), type);
  return valueFromJson(given as JsonValue, type);
}

const allOf = (values: readonly (Value | undefined)[]): Value | undefined =>
  values.includes(undefined) ? undefined : (values as readonly Value[]);
