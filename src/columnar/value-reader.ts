/**
 * Values of a column, row after row, for functions that run in JavaScript: what can be decided once per batch is.
 *
 *     numbers      a typed array over the column
 *     text         where the bytes of the batch are ASCII they are decoded at once, and rows are cut out of one string
 *     dictionary   entries are read when they are first met, and kept for the batch
 */

import { isAscii } from 'node:buffer';
import type { MemoryViews } from '../memory/linear-memory.ts';
import type { Column } from './column.ts';
import { readValue } from './column-values.ts';
import { isBytes } from './data-type.ts';
import type { Value } from './value.ts';

export type ValueReader = (row: number) => Value;

/** Reads the first `rowCount` rows of `column`, as long as nobody writes to it. */
export function valueReader(linear: MemoryViews, column: Column, rowCount: number): ValueReader {
  const read = column.dictionary === undefined ? plainReader(linear, column, rowCount) : entryReader(linear, column);
  const { validity } = column;
  if (validity === 0) return read;
  const { u8 } = linear;
  return (row) => (((u8[validity + (row >>> 3)]! >>> (row & 7)) & 1) === 1 ? read(row) : null);
}

/** Bytes in V8's heap, at most, that the texts or bytes of `rowCount` rows take: a text is a string and what it is cut from. */
export function readerBytes({ i32 }: MemoryViews, column: Column, rowCount: number): number {
  const plain = column.dictionary?.values ?? column;
  if (!isBytes(plain.type)) return 0;
  const rows = column.dictionary?.size ?? rowCount;
  const first = plain.values >>> 2;
  const copies = plain.type.kind === 'utf8' ? 3 : 1;
  return rows === 0 ? 0 : copies * (i32[first + rows]! - i32[first]!) + 32 * rows;
}

function entryReader(linear: MemoryViews, column: Column): ValueReader {
  const { values, size } = column.dictionary!;
  const read = plainReader(linear, values, size);
  const entries = new Array<Value | undefined>(size);
  const { u32 } = linear;
  const codes = column.values >>> 2;
  return (row) => {
    const code = u32[codes + row]!;
    const known = entries[code];
    if (known !== undefined) return known;
    const value = read(code);
    entries[code] = value;
    return value;
  };
}

function plainReader(linear: MemoryViews, column: Column, rowCount: number): ValueReader {
  const { values, width } = column;
  switch (column.type.kind) {
    case 'bool': {
      const { u8 } = linear;
      return (row) => ((u8[values + (row >>> 3)]! >>> (row & 7)) & 1) === 1;
    }
    case 'int32':
    case 'date':
      return elements(linear.i32, values, 2);
    case 'uint32':
      return elements(linear.u32, values, 2);
    case 'float32':
      return elements(linear.f32, values, 2);
    case 'float64':
      return elements(linear.f64, values, 3);
    case 'uint64':
      return elements(linear.u64, values, 3);
    case 'int64':
    case 'time':
    case 'timestamp':
    case 'duration':
      return elements(linear.i64, values, 3);
    case 'decimal':
      if (width === 8) return elements(linear.i64, values, 3);
      break;
    case 'utf8':
      return textReader(linear, column, rowCount);
    default:
  }
  return (row) => readValue(linear, { ...column, validity: 0 }, row);
}

type Elements = ArrayLike<number> | ArrayLike<bigint>;

/** Where values lie at a multiple of their width, as all of ours do but for slices of narrower ones. */
function elements(view: Elements, address: number, log: number): ValueReader {
  const first = address >>> log;
  return (row) => view[first + row]!;
}

function textReader({ u8, i32 }: MemoryViews, { values, bytes }: Column, rowCount: number): ValueReader {
  const first = values >>> 2;
  const start = i32[first]!;
  const end = i32[first + rowCount]!;
  const all = Buffer.from(u8.buffer as ArrayBuffer, u8.byteOffset + bytes + start, end - start);
  if (isAscii(all)) {
    const text = all.toString('latin1');
    return (row) => text.slice(i32[first + row]! - start, i32[first + row + 1]! - start);
  }
  return (row) => all.toString('utf8', i32[first + row]! - start, i32[first + row + 1]! - start);
}
