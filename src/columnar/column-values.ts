/**
 * Columns to and from JavaScript values, one value at a time: for tests, the interpreter, literals and borders, not for
 * the hot path.
 */

import assert from 'node:assert/strict';
import type { Holding } from '../memory/budget.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { Batch } from './batch.ts';
import { type Column, nextDictionaryId } from './column.ts';
import { type DataType, fixedWidth } from './data-type.ts';
import type { Schema } from './schema.ts';

/**
 * A value in JavaScript: boolean; number for integers up to 32 bits, floats and dates (days); bigint for int64, uint64,
 * timestamps (ticks) and decimals (unscaled); string for utf8.
 */
export type CellValue = null | boolean | number | bigint | string;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The value of `column` at `row`, looked up in the dictionary where there is one. */
export function readValue(linear: LinearMemory, column: Column, row: number): CellValue {
  if (column.validity !== 0 && !readBit(linear, column.validity, row)) return null;
  if (column.dictionary === undefined) return readPlain(linear, column, row);
  const code = linear.data.getUint32(column.values + row * 4, true);
  assert.ok(code < column.dictionary.size, `code ${code} is beyond its dictionary of ${column.dictionary.size}`);
  return readValue(linear, column.dictionary.values, code);
}

/** All rows of a batch as JavaScript values. */
export function readRows(linear: LinearMemory, batch: Batch): CellValue[][] {
  return Array.from({ length: batch.rowCount }, (_, row) => batch.columns.map((c) => readValue(linear, c, row)));
}

/** The values of the first `rowCount` rows of one column. */
export function readColumn(linear: LinearMemory, column: Column, rowCount: number): CellValue[] {
  return Array.from({ length: rowCount }, (_, row) => readValue(linear, column, row));
}

function readBit(linear: LinearMemory, address: number, row: number): boolean {
  return ((linear.u8[address + (row >>> 3)]! >>> (row & 7)) & 1) === 1;
}

function readPlain(linear: LinearMemory, column: Column, row: number): CellValue {
  const { data } = linear;
  const at = column.values + row * column.width;
  switch (column.type.kind) {
    case 'bool':
      return readBit(linear, column.values, row);
    case 'int8':
      return data.getInt8(at);
    case 'uint8':
      return data.getUint8(at);
    case 'int16':
      return data.getInt16(at, true);
    case 'uint16':
      return data.getUint16(at, true);
    case 'int32':
    case 'date':
      return data.getInt32(at, true);
    case 'uint32':
      return data.getUint32(at, true);
    case 'float32':
      return data.getFloat32(at, true);
    case 'float64':
      return data.getFloat64(at, true);
    case 'int64':
    case 'timestamp':
      return data.getBigInt64(at, true);
    case 'uint64':
      return data.getBigUint64(at, true);
    case 'decimal':
      if (column.width === 8) return data.getBigInt64(at, true);
      return (data.getBigInt64(at + 8, true) << 64n) | data.getBigUint64(at, true);
    case 'utf8': {
      const start = data.getInt32(column.values + row * 4, true);
      const end = data.getInt32(column.values + row * 4 + 4, true);
      // A copy, because decoders refuse shared memory.
      return decoder.decode(linear.u8.slice(column.bytes + start, column.bytes + end));
    }
  }
}

export interface ColumnForm {
  /** Distinct values once, and codes: default no. */
  readonly dictionary?: boolean;
  /** A validity bitmap: default where a value is null. */
  readonly nullable?: boolean;
  /** The bound that the column claims: default none. */
  readonly bits?: number;
  /** Of decimals, 8 or 16: default by precision. */
  readonly width?: 8 | 16;
}

/** Equal for the same value only: a map holds 0 and -0 to be equal. */
const keyOf = (value: CellValue): CellValue => (Object.is(value, -0) ? '-0' : value);

/** Writes values into regions of `holding`. @throws MemoryBudgetExceeded */
export function columnFromValues(
  holding: Holding,
  type: DataType,
  values: readonly CellValue[],
  form: ColumnForm = {},
): Column {
  const nullable = form.nullable ?? values.includes(null);
  const validity = nullable ? writeBits(holding, values.length, (row) => values[row] !== null) : 0;
  if (form.dictionary !== true) return { ...writePlain(holding, type, values, form.width), validity, bits: form.bits };
  const codeOf = new Map<CellValue, number>();
  const distinct: CellValue[] = [];
  for (const value of values) {
    if (value === null || codeOf.has(keyOf(value))) continue;
    codeOf.set(keyOf(value), distinct.length);
    distinct.push(value);
  }
  const codes = holding.allocateZeroed(values.length * 4).address;
  for (const [row, value] of values.entries()) {
    if (value !== null) holding.linear.data.setUint32(codes + row * 4, codeOf.get(keyOf(value))!, true);
  }
  const entries = writePlain(holding, type, distinct, form.width);
  return {
    type,
    validity,
    values: codes,
    bytes: 0,
    dictionary: { id: nextDictionaryId(), size: distinct.length, values: { ...entries, bits: form.bits } },
    width: entries.width,
    bits: form.bits,
  };
}

/** A batch of `rows`, each with one value per field. `forms` says how each column is laid out. */
export function batchFromRows(
  holding: Holding,
  schema: Schema,
  rows: readonly (readonly CellValue[])[],
  forms: readonly ColumnForm[] = [],
): Batch {
  const columns = schema.fields.map(({ type }, index) =>
    columnFromValues(
      holding,
      type,
      rows.map((row) => row[index]!),
      forms[index],
    ),
  );
  return new Batch(schema, rows.length, columns);
}

function writeBits(holding: Holding, rowCount: number, bit: (row: number) => boolean): number {
  const { address } = holding.allocateZeroed(Math.ceil(rowCount / 8));
  const { u8 } = holding.linear;
  for (let row = 0; row < rowCount; row++) {
    if (bit(row)) u8[address + (row >>> 3)]! |= 1 << (row & 7);
  }
  return address;
}

/** A plain column without validity; zeros and empty strings under nulls. */
function writePlain(
  holding: Holding,
  type: DataType,
  values: readonly CellValue[],
  decimalWidth: 8 | 16 | undefined,
): Column {
  const width = type.kind === 'decimal' ? (decimalWidth ?? fixedWidth(type) ?? 8) : (fixedWidth(type) ?? 0);
  const column = { type, validity: 0, bytes: 0, dictionary: undefined, width, bits: undefined };
  if (type.kind === 'bool') {
    return { ...column, values: writeBits(holding, values.length, (row) => values[row] === true) };
  }
  if (type.kind === 'utf8') return { ...column, ...writeText(holding, values) };
  const { address } = holding.allocateZeroed(values.length * width);
  for (const [row, value] of values.entries()) {
    if (value !== null) writeFixed(holding.linear, type, width, address + row * width, value);
  }
  return { ...column, values: address };
}

function writeText(holding: Holding, values: readonly CellValue[]): { values: number; bytes: number } {
  const texts = values.map((value) => encoder.encode(value === null ? '' : String(value)));
  const offsets = holding.allocateZeroed((values.length + 1) * 4).address;
  const bytes = holding.allocateZeroed(texts.reduce((total, text) => total + text.length, 0)).address;
  const { u8, data } = holding.linear;
  let end = 0;
  for (const [row, text] of texts.entries()) {
    u8.set(text, bytes + end);
    end += text.length;
    data.setInt32(offsets + row * 4 + 4, end, true);
  }
  return { values: offsets, bytes };
}

/** Writes one value of a type with a fixed width at `at`. */
export function writeFixed(
  linear: LinearMemory,
  type: DataType,
  width: number,
  at: number,
  value: Exclude<CellValue, null>,
): void {
  const { data } = linear;
  switch (type.kind) {
    case 'int8':
    case 'uint8':
      data.setUint8(at, Number(value));
      break;
    case 'int16':
    case 'uint16':
      data.setUint16(at, Number(value), true);
      break;
    case 'int32':
    case 'uint32':
    case 'date':
      data.setUint32(at, Number(value), true);
      break;
    case 'float32':
      data.setFloat32(at, Number(value), true);
      break;
    case 'float64':
      data.setFloat64(at, Number(value), true);
      break;
    case 'int64':
    case 'uint64':
    case 'timestamp':
    case 'decimal':
      data.setBigInt64(at, BigInt(value), true);
      if (width === 16) data.setBigInt64(at + 8, BigInt(value) >> 64n, true);
      break;
    case 'bool':
    case 'utf8':
      assert.fail(`${type.kind} has no fixed width`);
  }
}
