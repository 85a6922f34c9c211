/**
 * Columns as JavaScript values, one value at a time: for tests, the interpreter and borders, not for the hot path.
 * `column-from-values.ts` is the way back.
 */

import assert from 'node:assert/strict';
import type { MemoryViews } from '../memory/linear-memory.ts';
import type { Batch } from './batch.ts';
import type { Column } from './column.ts';
import { storageType } from './data-type.ts';
import { uuidText } from './uuid-text.ts';
import type { Value } from './value.ts';

/** The value of `column` at `row`, looked up in the dictionary where there is one. */
export function readValue(linear: MemoryViews, column: Column, row: number): Value {
  if (column.validity !== 0 && !readBit(linear, column.validity, row)) return null;
  if (column.dictionary === undefined) return readPlain(linear, column, row);
  const code = linear.data.getUint32(column.values + row * 4, true);
  assert.ok(code < column.dictionary.size, `code ${code} is beyond its dictionary of ${column.dictionary.size}`);
  return readValue(linear, column.dictionary.values, code);
}

/** All rows of a batch as JavaScript values. */
export function readRows(linear: MemoryViews, batch: Batch): Value[][] {
  return Array.from({ length: batch.rowCount }, (_, row) => batch.columns.map((c) => readValue(linear, c, row)));
}

/** The values of the first `rowCount` rows of one column. */
export function readColumn(linear: MemoryViews, column: Column, rowCount: number): Value[] {
  return Array.from({ length: rowCount }, (_, row) => readValue(linear, column, row));
}

function readBit(linear: MemoryViews, address: number, row: number): boolean {
  return ((linear.u8[address + (row >>> 3)]! >>> (row & 7)) & 1) === 1;
}

function readPlain(linear: MemoryViews, column: Column, row: number): Value {
  switch (column.type.kind) {
    case 'null':
      return null;
    case 'bool':
      return readBit(linear, column.values, row);
    case 'utf8':
      return readText(linear, column, row);
    case 'binary':
      return readBytes(linear, column, row).slice();
    case 'uuid':
    case 'fixed-size-binary': {
      const at = column.values + row * column.width;
      const bytes = linear.u8.slice(at, at + column.width);
      return column.type.kind === 'uuid' ? uuidText(bytes) : bytes;
    }
    case 'list':
    case 'map':
    case 'fixed-size-list':
    case 'struct':
    case 'embedding':
    case 'tensor':
    case 'file':
      return readNested(linear, column, row);
    default:
      return readFixed(linear, column, row);
  }
}

/** The bytes of a row of a plain column with offsets: a view. */
function readBytes({ u8, data }: MemoryViews, { values, bytes }: Column, row: number): Uint8Array {
  const start = data.getInt32(values + row * 4, true);
  const end = data.getInt32(values + row * 4 + 4, true);
  return u8.subarray(bytes + start, bytes + end);
}

function readText(linear: MemoryViews, column: Column, row: number): string {
  const { buffer, byteOffset, byteLength } = readBytes(linear, column, row);
  // Node's own decoder takes shared memory, which TextDecoder refuses.
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('utf8');
}

function readNested(linear: MemoryViews, column: Column, row: number): Value {
  const children = column.children!;
  const [child] = children;
  const type = storageType(column.type);
  switch (type.kind) {
    case 'struct':
      return children.map((field) => readValue(linear, field, row));
    case 'fixed-size-list':
      return readRange(linear, child!, row * type.size, (row + 1) * type.size);
    default: {
      const start = linear.data.getInt32(column.values + row * 4, true);
      const end = linear.data.getInt32(column.values + row * 4 + 4, true);
      return readRange(linear, child!, start, end);
    }
  }
}

const readRange = (linear: MemoryViews, column: Column, start: number, end: number): Value[] =>
  Array.from({ length: end - start }, (_, index) => readValue(linear, column, start + index));

function readFixed({ data }: MemoryViews, column: Column, row: number): Value {
  const at = column.values + row * column.width;
  switch (column.type.kind) {
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
    case 'float16':
      return data.getFloat16(at, true);
    case 'float32':
      return data.getFloat32(at, true);
    case 'float64':
      return data.getFloat64(at, true);
    case 'uint64':
      return data.getBigUint64(at, true);
    case 'decimal':
      if (column.width === 8) return data.getBigInt64(at, true);
      return (data.getBigInt64(at + 8, true) << 64n) | data.getBigUint64(at, true);
    case 'interval':
      return {
        months: data.getInt32(at, true),
        days: data.getInt32(at + 4, true),
        nanoseconds: data.getBigInt64(at + 8, true),
      };
    default:
      return data.getBigInt64(at, true);
  }
}
