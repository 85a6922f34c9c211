import type { Vector } from 'apache-arrow';
import { type Column, nextDictionaryId } from '../columnar/column.ts';
import { columnFromValues, constantColumn } from '../columnar/column-from-values.ts';
import { type DataType, sameType, typeName } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { valuesFootprint } from '../columnar/values-footprint.ts';
import { InvalidValue } from '../errors.ts';
import type { Holding } from '../memory/budget.ts';
import { givenValue } from './given-value.ts';
import { isVector } from './udf-target.ts';

/**
 * What a batch function returned for `rowCount` rows, copied into `holding`: an Arrow vector of the type, an array or
 * another iterable of values, or one of a single value for all rows.
 * @throws InvalidValue, MemoryBudgetExceeded
 */
export async function resultColumn(
  type: DataType,
  given: unknown,
  rowCount: number,
  holding: Holding,
): Promise<Column> {
  if (isVector(given)) return vectorColumn(type, given, rowCount, holding);
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) {
    throw new InvalidValue('it returned neither an array nor an Arrow vector');
  }
  const values = Array.from(given as Iterable<unknown>, (item, row) => checked(type, item, row));
  if (values.length === 1 && rowCount !== 1) return constantColumn(holding, type, values[0] ?? null, rowCount);
  checkLength(values.length, rowCount);
  return valuesColumn(type, values, holding);
}

/** A column of values that stand in V8's heap meanwhile. */
export function valuesColumn(type: DataType, values: readonly Value[], holding: Holding): Column {
  const bytes = valuesFootprint(type, values);
  holding.grow(bytes);
  const column = columnFromValues(holding, type, values);
  holding.shrink(bytes);
  return column;
}

function checked(type: DataType, item: unknown, row: number): Value {
  try {
    return givenValue(type, item);
  } catch (error) {
    if (error instanceof InvalidValue) error.message = `row ${row}: ${error.message}`;
    throw error;
  }
}

function checkLength(found: number, rowCount: number): void {
  if (found !== rowCount) throw new InvalidValue(`it returned ${found} values for ${rowCount} rows`);
}

async function vectorColumn(type: DataType, vector: Vector, rowCount: number, holding: Holding): Promise<Column> {
  const [{ Table }, { fromArrow }] = await Promise.all([import('apache-arrow'), import('../columnar/arrow.ts')]);
  const [batch, ...others] = new Table({ value: vector }).batches;
  if (batch === undefined || others.length > 0) {
    if (vector.length === 0) return valuesColumn(type, checkedEmpty(rowCount), holding);
    throw new InvalidValue('it returned an Arrow vector of several chunks; make it one');
  }
  const { schema, columns } = fromArrow(batch, holding);
  const [found] = schema.fields;
  const [column] = columns;
  if (found === undefined || column === undefined || !sameType(found.type, type)) {
    const name = found === undefined ? 'nothing' : typeName(found.type);
    throw new InvalidValue(`it returned an Arrow vector of ${name}, and \`returns\` says ${typeName(type)}`);
  }
  if (vector.length === 1 && rowCount !== 1) return repeated(column, rowCount, holding);
  checkLength(vector.length, rowCount);
  return column;
}

function checkedEmpty(rowCount: number): readonly Value[] {
  checkLength(0, rowCount);
  return [];
}

/** The only value of `column` in each row. */
function repeated(column: Column, rowCount: number, holding: Holding): Column {
  const isNull = column.validity !== 0 && ((holding.linear.u8[column.validity] ?? 0) & 1) === 0;
  if (isNull || column.dictionary !== undefined) {
    if (isNull) return constantColumn(holding, column.type, null, rowCount);
    throw new InvalidValue('it returned a dictionary of one value for many rows; return a plain vector');
  }
  return {
    type: column.type,
    validity: 0,
    values: holding.allocateZeroed(rowCount * 4).address,
    bytes: 0,
    dictionary: { id: nextDictionaryId(), size: 1, values: { ...column, validity: 0 } },
    width: column.width,
    bits: column.bits,
  };
}
